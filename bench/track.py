"""`python -m bench track`: tracking held against the truth, beside two simple ways of doing it.

J, F and their mean as DAVIS defines them, in percent, over every frame but the first and the last
(see `bench/track_measures.py`). Rows: how the object was pointed at.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.clips import DEFAULT_CLIPS, read_frames, read_masks
from bench.report import table
from bench.track_looks import KeptLooks
from bench.track_measures import clip_scores
from bench.track_rows import ROWS, Case, Row
from cleanplate.engine.mask_files import davis_palette, png
from cleanplate.track import Network, TrackSettings

FLOORS = {"mask": 75.0, "box": 70.0, "click": 62.0, "corrected": 80.0}
LEAST = {"mask": 50.0}
DEFAULT_ROWS = ("mask", "box", "click", "corrected", "warp", "boxes")


@dataclass(frozen=True)
class Score:
    """One row on one clip: J, F and J&F in percent, and seconds for a frame."""

    row: str
    clip: str
    j: float
    f: float
    jf: float
    seconds: float
    worst: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--only", metavar="CLIP,CLIP", help="these clips alone")
    parser.add_argument("--rows", default=",".join(DEFAULT_ROWS), metavar="ROW,ROW")
    parser.add_argument("--quality", default="good", choices=("draft", "good", "best"))
    parser.add_argument("--frames", type=int, help="the first frames of each clip alone")
    parser.add_argument(
        "--looks", type=Path, metavar="DIR", help="keep what the encoder sees; spoils the timings"
    )
    parser.add_argument("--save", type=Path, metavar="DIR", help="write the masks, as DAVIS does")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="hold the means against the floors")


def main(options: argparse.Namespace) -> int:
    names = options.only.split(",") if options.only else clip_names(options.clips)
    network = Network(TrackSettings.of(options.quality).pixels)
    if options.looks is not None:
        network = KeptLooks(network, options.looks)
    scores: list[Score] = []
    for name in names:
        folder = options.clips / "track" / name
        frames = read_frames(folder / "frames", options.frames)
        truth = read_masks(folder / "masks", options.frames)
        case = Case(name, frames, truth, network, options.quality)
        for key in options.rows.split(","):
            score = measure(case, ROWS[key], options.save)
            scores.append(score)
            print(
                f"{score.clip:12} {score.row:10} J {score.j:5.1f}  F {score.f:5.1f}  "
                f"J&F {score.jf:5.1f}  worst frame {score.worst}  {score.seconds:.2f} s/frame",
                flush=True,
            )
    print("\n" + summary(scores))
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(score) for score in scores], indent=1) + "\n")
    return int(options.check and not all(verdicts(scores)))


def clip_names(clips: Path) -> list[str]:
    """The clips to track, in alphabetical order."""
    return sorted(folder.name for folder in (clips / "track").iterdir() if folder.is_dir())


def measure(case: Case, row: Row, save: Path | None) -> Score:
    """Run one row on one clip."""
    began = time.monotonic()
    found = row.masks(case)
    seconds = (time.monotonic() - began) / len(case.frames)
    if save is not None:
        write_masks(found, save / row.key / case.name)
    j, f = clip_scores(case.truth, found)
    mean_j, mean_f = 100 * float(np.mean(j)), 100 * float(np.mean(f))
    mean = (mean_j + mean_f) / 2
    return Score(row.key, case.name, mean_j, mean_f, mean, seconds, 1 + int(np.argmin(j)))


def write_masks(masks: list[np.ndarray], folder: Path) -> None:
    """8-bit PNGs of 0 and 1 with a palette, as the official evaluation reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, mask in enumerate(masks):
        (folder / f"{index:05d}.png").write_bytes(png(mask.astype(np.uint8), davis_palette()))


def summary(scores: list[Score]) -> str:
    """J&F: a row for each way of pointing, a column for each clip, then the means."""
    clips = list(dict.fromkeys(score.clip for score in scores))
    rows = []
    for key in dict.fromkeys(score.row for score in scores):
        mine = {score.clip: score for score in scores if score.row == key}
        cells = [f"{mine[clip].jf:.1f}" if clip in mine else "-" for clip in clips]
        means = [np.mean([getattr(s, m) for s in mine.values()]) for m in ("j", "f", "jf")]
        seconds = np.mean([s.seconds for s in mine.values()])
        rows.append([ROWS[key].title, *cells, *(f"{m:.1f}" for m in means), f"{seconds:.2f}"])
    return table(["J&F", *clips, "J", "F", "mean", "s/frame"], rows)


def verdicts(scores: list[Score]) -> Iterator[bool]:
    """Whether each floor is met, said as it goes."""
    for key, floor in FLOORS.items():
        values = [score.jf for score in scores if score.row == key]
        if not values:
            continue
        met = np.mean(values) >= floor and min(values) >= LEAST.get(key, 0.0)
        print(
            f"{'met ' if met else 'MISS'} {key}: mean {np.mean(values):.1f} (at least {floor:g}), "
            f"least {min(values):.1f}"
        )
        yield bool(met)
