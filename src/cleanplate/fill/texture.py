"""The fine texture of what was made up, at the resolution of the clip.

A key frame is completed at the working resolution, where a 1080p picture has lost three quarters of
its detail each way. But what is made up is copied from places of the same picture, so what those
places have beyond the working resolution can be copied as well: the finest band of a Laplacian
pyramid (Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983) moves along with
the pixels that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, bounding_box


@dataclass(frozen=True)
class Texture:
    """What the made-up part of a key frame has beyond the working resolution.

    Attributes:
        fine: int8 (h, w, 3), in grey levels of 8 bits, zero along its border.
        corner: row and column of its first pixel in the clip.
    """

    fine: np.ndarray
    corner: tuple[int, int]


def texture_of(frame: WorkFrame, box: Box, shift: np.ndarray, trust: np.ndarray) -> Texture | None:
    """The texture of a key frame's made-up pixels; None where the clip has no more detail.

    Args:
        frame: the key frame.
        box: the region that was completed, in working pixels.
        shift: int32 (bh, bw, 2), rows and columns to where each pixel of it was copied from, 0
            where it was not.
        trust: float32 (bh, bw), 0..1, how much of that is wanted.
    """
    copied = shift.any(axis=2)
    if frame.work_hole.shape == frame.image.shape[:2] or not copied.any():
        return None
    fine, (top, left) = _fine(frame, box)
    scale = (frame.image.shape[0] / frame.work_hole.shape[0],
             frame.image.shape[1] / frame.work_hole.shape[1])  # fmt: skip
    part = bounding_box(copied, 1)
    rows = _clip_range(part[0] + box[0], part[1] + box[0], scale[0], frame.image.shape[0])
    columns = _clip_range(part[2] + box[2], part[3] + box[2], scale[1], frame.image.shape[1])
    y, x = np.arange(*rows, dtype=np.float32), np.arange(*columns, dtype=np.float32)
    # The working pixel that each pixel of the clip lies in.
    near_y = np.clip(((y + 0.5) / scale[0]).astype(int) - box[0], 0, shift.shape[0] - 1)
    near_x = np.clip(((x + 0.5) / scale[1]).astype(int) - box[2], 0, shift.shape[1] - 1)
    at = np.ix_(near_y, near_x)
    from_y = y[:, None] - top + np.float32(scale[0]) * shift[..., 0][at]
    from_x = x[None, :] - left + np.float32(scale[1]) * shift[..., 1][at]
    moved = cv2.remap(fine, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_CUBIC)
    moved *= np.where(copied, trust, np.float32(0))[at][..., None]
    moved[[0, -1]] = moved[:, [0, -1]] = 0
    return Texture(np.clip(np.round(moved), -127, 127).astype(np.int8), (rows[0], columns[0]))


def _clip_range(first: int, last: int, scale: float, size: int) -> tuple[int, int]:
    """Working pixels `first` to `last`, exclusive, in pixels of the clip."""
    return max(int(first * scale), 0), min(int(np.ceil(last * scale)), size)


def _fine(frame: WorkFrame, box: Box) -> tuple[np.ndarray, tuple[int, int]]:
    """What the frame has beyond its working resolution, around `box`, and where that part begins.

    float32 (h, w, 3) in grey levels of 8 bits; zero in the hole and close to it.
    """
    height, width = frame.image.shape[:2]
    work_h, work_w = frame.work_hole.shape
    y0, y1, x0, x1 = box
    # One working pixel more, which the interpolation at the border of the box takes in.
    y0, y1, x0, x1 = max(y0 - 1, 0), min(y1 + 1, work_h), max(x0 - 1, 0), min(x1 + 1, work_w)
    rows = _clip_range(y0, y1, height / work_h, height)
    columns = _clip_range(x0, x1, width / work_w, width)
    whole = np.ascontiguousarray(frame.image[slice(*rows), slice(*columns)])
    whole = whole.astype(np.float32) if whole.dtype == np.uint8 else whole / np.float32(257)
    ys = (np.arange(*rows, dtype=np.float32) + 0.5) * (work_h / height) - 0.5
    xs = (np.arange(*columns, dtype=np.float32) + 0.5) * (work_w / width) - 0.5
    map_x, map_y = np.meshgrid(xs.astype(np.float32), ys.astype(np.float32))
    coarse = cv2.remap(
        frame.rgb.astype(np.float32),
        map_x,
        map_y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    hidden = cv2.remap(frame.near_hole.astype(np.float32), map_x, map_y, cv2.INTER_LINEAR)
    whole -= coarse
    whole[hidden > 0] = 0
    return whole, (rows[0], columns[0])
