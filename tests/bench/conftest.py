"""A small tree of clips, laid out as the real ones are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.generated import texture

NAMES = ("ant", "bee", "cat", "dog")
COUNT = 5


def write_clip(folder: Path, offset: int, clean: bool = False) -> None:
    picture = texture(170, 72, seed=offset + 1)
    for part in ("frames", "masks", *(["clean"] if clean else [])):
        (folder / part).mkdir(parents=True)
    for t in range(COUNT):
        frame = picture[:, 3 * t : 3 * t + 128].copy()
        mask = np.zeros(frame.shape[:2], np.uint8)
        mask[20:44, 20 + 5 * offset + 2 * t : 50 + 5 * offset + 2 * t] = 255
        if clean:
            cv2.imwrite(str(folder / "clean" / f"{t:05d}.png"), frame)
            frame[mask > 0] = (0, 0, 255)
        cv2.imwrite(str(folder / "frames" / f"{t:05d}.png"), frame)
        cv2.imwrite(str(folder / "masks" / f"{t:05d}.png"), mask)


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    for offset, name in enumerate(NAMES):
        write_clip(root / "track" / name, offset)
    for name in ("comp_goat_dancer", "road_car"):
        write_clip(root / "truth" / name, 1, clean=True)
    return root
