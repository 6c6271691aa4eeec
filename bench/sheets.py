"""Pictures for judging by eye: enlarged crops in motion order, and a slice through time.

Frames are `uint8` RGB `(h, w, 3)`, holes `bool (h, w)`; every function returns such a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

Frames = Sequence[np.ndarray]

CELL_WIDTH = 300  # pixels of the sheet
MARGIN = 16  # pixels of the clip, around the hole
GAP = 4  # pixels of the sheet
LABEL_HEIGHT = 22
OUTLINE = (255, 60, 60)
PAPER = 32  # grey level


def outlined(frame: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The frame with a one-pixel line just around its hole."""
    ring = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    marked = frame.copy()
    marked[ring & ~hole] = OUTLINE
    return marked


def moments(holes: Frames, count: int) -> list[int]:
    """At most `count` frame indices that have a hole, evenly spread and in order."""
    touched = [t for t, hole in enumerate(holes) if hole.any()]
    if not touched:
        return []
    picks = np.linspace(0, len(touched) - 1, min(count, len(touched)))
    return [touched[round(p)] for p in picks]


def crop_boxes(holes: Frames, at: Sequence[int]) -> list[tuple[slice, slice]]:
    """A box around each hole, all of one size, within the frame."""
    height, width = holes[0].shape
    spans = []
    for t in at:
        rows, columns = np.nonzero(holes[t])
        spans.append((rows.min(), rows.max() + 1, columns.min(), columns.max() + 1))
    tall = min(height, max(b - a for a, b, _, _ in spans) + 2 * MARGIN)
    wide = min(width, max(d - c for _, _, c, d in spans) + 2 * MARGIN)
    boxes = []
    for top, bottom, left, right in spans:
        y = int(np.clip((top + bottom - tall) // 2, 0, height - tall))
        x = int(np.clip((left + right - wide) // 2, 0, width - wide))
        boxes.append((slice(y, y + tall), slice(x, x + wide)))
    return boxes


def contact_sheet(rows: Mapping[str, Frames], holes: Frames, columns: int = 6) -> np.ndarray:
    """A row of enlarged crops for each labelled clip, the same moments in every row."""
    at = moments(holes, columns)
    boxes = crop_boxes(holes, at)
    lines = []
    for label, frames in rows.items():
        cells = [_enlarged(frames[t][box]) for t, box in zip(at, boxes, strict=True)]
        numbers = "  ".join(str(t) for t in at)
        lines.append(_labelled(_beside(cells), f"{label}   (frames {numbers})"))
    return _stacked(lines)


def busiest_row(holes: Frames) -> int:
    """The row of the frame that the holes cover most."""
    return int(np.argmax(sum(h.sum(axis=1) for h in holes)))


def time_slice(rows: Mapping[str, Frames], holes: Frames, enlarge: int = 4) -> np.ndarray:
    """One row of the frame over time (downwards) for each clip; flicker shows as broken streaks."""
    y = busiest_row(holes)
    lines = []
    for label, frames in rows.items():
        strip = np.stack([frame[y] for frame in frames])
        size = (strip.shape[1] * 2, strip.shape[0] * enlarge)
        strip = cv2.resize(strip, size, interpolation=cv2.INTER_NEAREST)
        lines.append(_labelled(strip, f"{label}   (row {y}, time downwards)"))
    return _stacked(lines)


def write_picture(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def _enlarged(crop: np.ndarray) -> np.ndarray:
    scale = CELL_WIDTH / crop.shape[1]
    size = (CELL_WIDTH, max(1, round(crop.shape[0] * scale)))
    return cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)


def _beside(cells: Sequence[np.ndarray]) -> np.ndarray:
    gap = np.full((cells[0].shape[0], GAP, 3), PAPER, np.uint8)
    parts = [part for cell in cells for part in (cell, gap)]
    return np.concatenate(parts[:-1], axis=1)


def _labelled(image: np.ndarray, label: str) -> np.ndarray:
    band = np.full((LABEL_HEIGHT, image.shape[1], 3), PAPER, np.uint8)
    place = (4, LABEL_HEIGHT - 6)
    cv2.putText(band, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (235, 235, 235), 1, cv2.LINE_AA)
    return np.concatenate([band, image])


def _stacked(lines: Sequence[np.ndarray]) -> np.ndarray:
    width = max(line.shape[1] for line in lines)
    padded = [
        np.pad(x, ((0, 0), (0, width - x.shape[1]), (0, 0)), constant_values=PAPER) for x in lines
    ]
    return np.concatenate(padded)
