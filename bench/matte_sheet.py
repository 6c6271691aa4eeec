"""Draw the sheet of docs/how-cutout-works.md from clips made on the spot: nobody's footage."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from bench.matte_scenes import scene
from cleanplate.engine.cutout_arrays import cutout_frames
from cleanplate.matte.composite import composite

SIZE = (480, 270)
NAMES = ("fur", "throw")
FRAME = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, default=Path("docs/pictures/cutout.jpg"))


def main(options: argparse.Namespace) -> int:
    sheet = np.concatenate([_row(name) for name in NAMES])
    cv2.imwrite(str(options.output), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 0


def _row(name: str) -> np.ndarray:
    """The frame with its mask's outline; hard-edged, and matted, over magenta and a photograph."""
    clip = scene(name, None, FRAME + 1, SIZE)
    masks = clip.alphas > 0.5
    *_, last = cutout_frames(clip.frames, masks)
    frame, mask = clip.frames[FRAME], masks[FRAME]
    alpha, colour = last[..., 3].astype(np.float32) / 255, last[..., :3]
    beach = cv2.resize(data.rocket(), SIZE, interpolation=cv2.INTER_AREA)
    beach = np.ascontiguousarray(beach[:, ::-1])
    magenta = np.broadcast_to(np.uint8([255, 0, 255]), frame.shape)
    hard = np.where(mask[..., None], frame, magenta)
    tiles = [frame, hard, composite(colour, alpha, magenta, "iec61966-2-1")]
    return np.concatenate([*tiles, composite(colour, alpha, beach, "iec61966-2-1")], axis=1)
