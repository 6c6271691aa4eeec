"""Do what docs/teach-it-your-object.md says, on drawn footage, and make its pictures."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from cleanplate.engine.sample import Sample
from cleanplate.engine.sample_files import write_sample
from cleanplate.engine.trying import write_sheet
from cleanplate.media import open_clip

SIZE, COUNT = (480, 270), 48
MARKED = (0, 8, 16, 24, 32, 44)  # frames of the first clip that somebody marked
SEEDS = {"monday.mp4": 7, "tuesday.mp4": 21}
STEPS = (
    "train ball --from examples --masks masks --minutes {minutes}",
    "models test ball --on tuesday.mp4 --masks truth --frames 4 -o test.jpg",
    "erase tuesday.mp4 -o clean.mp4 --find ball",
)
_WIDE = 400  # pixels: one picture of a sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="an empty folder to work in")
    parser.add_argument("--pictures", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--minutes", type=float, default=4.5)


def main(options: argparse.Namespace) -> int:
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _footage(folder)
    environment = {**os.environ, "CLEANPLATE_CUSTOM": str(folder / "networks")}
    for step in STEPS:
        words = shlex.split(step.format(minutes=options.minutes))
        print(f"$ cleanplate {shlex.join(words)}", flush=True)
        command = [sys.executable, "-m", "cleanplate", *words]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    _pictures(folder, options.pictures)
    return 0


def _footage(folder: Path) -> None:
    """Two clips, the true masks of the second, and the marked frames of the first."""
    for name, seed in SEEDS.items():
        sample = Sample(*SIZE, frame_count=COUNT, seed=seed)
        masks = folder / ("truth" if name == "tuesday.mp4" else "all")
        if not (folder / name).exists():
            write_sample(sample, folder / name, masks, lambda index: None)
        if masks.name == "truth":
            continue
        for part in ("examples", "masks"):
            (folder / part).mkdir(exist_ok=True)
        for index in MARKED:
            cv2.imwrite(str(folder / f"examples/{index:03d}.png"), sample[index].image[..., ::-1])
            mask = np.where(sample[index].mask, 255, 0).astype(np.uint8)
            cv2.imwrite(str(folder / f"masks/{index:03d}.png"), mask)


def _pictures(folder: Path, pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    tiles = []
    for index in MARKED:
        image = cv2.imread(str(folder / f"examples/{index:03d}.png"))[..., ::-1].astype(np.float32)
        mask = cv2.imread(str(folder / f"masks/{index:03d}.png"), cv2.IMREAD_GRAYSCALE) > 127
        image[mask] = image[mask] * 0.5 + np.float32([230, 159, 0]) * 0.5
        tiles.append(_small(image.astype(np.uint8)))
    write_sheet(pictures / "teach-examples.jpg", tiles, across=3)
    test = cv2.imread(str(folder / "test.jpg"))
    cv2.imwrite(str(pictures / "teach-test.jpg"), test, [cv2.IMWRITE_JPEG_QUALITY, 85])
    worst = folder / "networks/ball/card/worst-1.jpg"
    (pictures / "teach-worst.jpg").write_bytes(worst.read_bytes())
    pairs = []
    with open_clip(folder / "tuesday.mp4") as before, open_clip(folder / "clean.mp4") as after:
        for index in (COUNT // 4, COUNT // 2, 3 * COUNT // 4):
            pairs.append((before.read_frame(index).image, after.read_frame(index).image))
    rows = [_small(image) for image in (*(a for a, _ in pairs), *(b for _, b in pairs))]
    write_sheet(pictures / "teach-clean.jpg", rows, across=3)


def _small(image: np.ndarray) -> np.ndarray:
    height = round(image.shape[0] * _WIDE / image.shape[1])
    return cv2.resize(image, (_WIDE, height), interpolation=cv2.INTER_AREA)
