"""The texture of what was made up, at the resolution of the clip.

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
from cleanplate.fill.geometry import Box


@dataclass(frozen=True)
class Texture:
    """What a completed key frame has beside its tone.

    Attributes:
        fine: int8 (h, w, 3), in grey levels of 8 bits, zero along its border.
        corner: row and column of its first pixel in the clip.
    """

    fine: np.ndarray
    corner: tuple[int, int]


def texture_of(
    frame: WorkFrame,
    picture: np.ndarray,
    rgb: np.ndarray,
    box: Box,
    missing: np.ndarray,
    shift: np.ndarray,
    texture: np.ndarray,
) -> Texture:
    """The texture of a completed key frame, at the resolution of the clip.

    Args:
        frame: the key frame.
        picture: (h, w, 3), its image with what other frames show of its hole.
        rgb: uint8 (wh, ww, 3), that at the working resolution.
        box: the region that was completed, in working pixels.
        missing: bool (bh, bw), what was made up.
        shift: int32 (bh, bw, 2), rows and columns to where each pixel of it was copied from, 0
            where it was not.
        texture: float32 (bh, bw, 3), its texture at the working resolution.
    """
    scale = (picture.shape[0] / rgb.shape[0], picture.shape[1] / rgb.shape[1])
    rows = _clip_range(box[0], box[1], scale[0], picture.shape[0])
    columns = _clip_range(box[2], box[3], scale[1], picture.shape[1])
    y, x = np.arange(*rows, dtype=np.float32), np.arange(*columns, dtype=np.float32)
    work_y, work_x = (y + 0.5) / np.float32(scale[0]) - 0.5, (x + 0.5) / np.float32(scale[1]) - 0.5
    if picture.shape == rgb.shape:
        whole = texture.copy()
    else:
        hidden = frame.near_hole & ~frame.work_hole
        hidden[box[0] : box[1], box[2] : box[3]] |= missing
        fine = _fine(picture[slice(*rows), slice(*columns)], rgb, hidden, work_y, work_x)
        # The working pixel that each pixel of the clip lies in.
        near_y = np.clip((work_y + 0.5).astype(int) - box[0], 0, shift.shape[0] - 1)
        near_x = np.clip((work_x + 0.5).astype(int) - box[2], 0, shift.shape[1] - 1)
        at = np.ix_(near_y, near_x)
        from_y = y[:, None] - rows[0] + np.float32(scale[0]) * shift[..., 0][at]
        from_x = x[None, :] - columns[0] + np.float32(scale[1]) * shift[..., 1][at]
        whole = cv2.remap(
            fine, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_CUBIC
        )
        whole += _enlarged(texture, work_y - box[0], work_x - box[2])
    whole[[0, -1]] = whole[:, [0, -1]] = 0
    return Texture(np.clip(np.round(whole), -127, 127).astype(np.int8), (rows[0], columns[0]))


def _clip_range(first: int, last: int, scale: float, size: int) -> tuple[int, int]:
    """Working pixels `first` to `last`, exclusive, in pixels of the clip."""
    return max(int(first * scale), 0), min(int(np.ceil(last * scale)), size)


def _fine(
    picture: np.ndarray, rgb: np.ndarray, hidden: np.ndarray, y: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """What a part of a picture has beyond its working resolution.

    Args:
        picture: the part, (h, w, 3).
        rgb: uint8 (wh, ww, 3), the whole picture at the working resolution.
        hidden: bool (wh, ww), of what nothing is wanted.
        y, x: the rows (h,) and columns (w,) of the part in working pixels.

    Returns:
        float32 (h, w, 3) in grey levels of 8 bits.
    """
    fine = picture.astype(np.float32) if picture.dtype == np.uint8 else picture / np.float32(257)
    fine -= _enlarged(rgb.astype(np.float32), y, x)
    fine[_enlarged(hidden.astype(np.float32), y, x) > 0] = 0
    return fine


def _enlarged(picture: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A working picture between its pixels, at rows `y` and columns `x`."""
    map_x, map_y = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
