"""Trying a network of the user's own on a clip: a sheet of frames, and figures where there is truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cleanplate.atomic import write_whole
from cleanplate.errors import UsageError
from cleanplate.media import open_clip, open_masks
from cleanplate.models import custom
from cleanplate.segment.draw import picture
from cleanplate.segment.find import Finder
from cleanplate.train.measure import iou

_TILE = 480  # pixels: the width of one frame on the sheet
_ACROSS = 2


def try_network(
    name: str, clip: Path, sheet: Path, count: int = 8, masks: Path | None = None
) -> Iterator[str]:
    """Look at `count` frames spread over a clip; yields a line for each and writes a JPEG of them.

    `masks` are the true ones (as `open_masks` takes them), to give the IoU of each frame.
    Raises UsageError for a network that finds nothing by name, and what the clip's reading raises.
    """
    task = custom.entry(name).manifest.task
    if task not in ("detect", "segment"):
        raise UsageError(
            f"{name} is a network for {task}; only detect and segment can be tried so."
        )
    if sheet.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise UsageError(f"{sheet}: pictures are written as .jpg or .png")
    finder, tiles, scores = Finder(), [], []
    with open_clip(clip) as reader:
        length = reader.count()
        truth = open_masks(masks, reader.info) if masks is not None else None
        for index in sorted(set(np.linspace(0, length - 1, count).astype(int).tolist())):
            image = reader.read_frame(index).image
            found = finder.find(image, [name])
            drawn = picture(image, found)
            line = f"frame {index:5}: " + (
                ", ".join(f"{f.kind} {f.score:.2f}, {int(f.mask.sum())} px" for f in found)
                or "nothing"
            )
            if truth is not None:
                union = np.zeros(image.shape[:2], bool)
                for item in found:
                    union |= item.mask
                scores.append(iou(union, truth[index]))
                line += f", IoU {scores[-1]:.3f}"
            tiles.append(_tile(drawn, f"{index}"))
            yield line
        if truth is not None:
            truth.close()
            yield f"mean IoU {np.mean(scores):.3f}"
    write_sheet(sheet, tiles)


def _tile(image: np.ndarray, label: str) -> np.ndarray:
    height = max(1, round(image.shape[0] * _TILE / image.shape[1]))
    small = cv2.resize(image, (_TILE, height), interpolation=cv2.INTER_AREA)
    cv2.putText(small, label, (8, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 3)
    cv2.putText(small, label, (8, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return small


def write_sheet(path: Path, tiles: list[np.ndarray], across: int = _ACROSS) -> None:
    """Pictures of one size, RGB uint8, on a sheet."""
    rows = []
    for start in range(0, len(tiles), across):
        row = tiles[start : start + across]
        row += [np.full_like(tiles[0], 255)] * (min(across, len(tiles)) - len(row))
        rows.append(np.hstack(row))
    whole = np.ascontiguousarray(np.vstack(rows)[..., ::-1])
    _, coded = cv2.imencode(path.suffix, whole, [cv2.IMWRITE_JPEG_QUALITY, 85])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, coded.tobytes())
