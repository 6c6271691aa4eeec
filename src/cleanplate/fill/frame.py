"""One frame of the shot, at the resolution it came in and at the one it is judged at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.filled import Bits, Picture
from cleanplate.fill.geometry import Box, bounding_box, crop, even, grown, half_box, half_size
from cleanplate.fill.smooth import harmonic_fill

#: Motion is never measured within this many working pixels of a hole, so that the edge of the thing that
#: is being removed steers nothing.
GUARD = 2


@dataclass
class WorkFrame:
    """A frame and what is derived from it alone.

    Attributes:
        index: position in the shot.
        image: (h, w, 3) uint8 or uint16 RGB, as given, see `Picture`.
        packed_hole: the hole, bool (h, w), eight pixels a byte: a window holds some hundred, which
            at 4K would take as much memory as a third of the pictures do.
        rgb: uint8 (wh, ww, 3), at the working resolution.
        gray: uint8, at half the working resolution, with the hole filled smoothly so that motion
            can be measured.
        near_gray: bool, like `gray`: where it is not to be trusted, for `near_hole`.
        work_hole: bool (wh, ww).
        near_hole: bool (wh, ww), the hole and the guard around it.
        luma: uint8 (wh, ww), like `gray` at the working resolution, made when it is asked for.
        box: region of the working frame in which candidates are judged, `even`; None without a
            hole.
        smooth: float32 (bh, bw, 3), the harmonic fill inside `box`, made when it is asked for:
            only the frames that are planned need it.
    """

    index: int
    image: Picture
    packed_hole: Bits
    rgb: np.ndarray
    gray: np.ndarray
    near_gray: np.ndarray
    work_hole: np.ndarray
    near_hole: np.ndarray
    box: Box | None

    @property
    def hole(self) -> np.ndarray:
        """bool (h, w), as given; unpacked each time it is asked for."""
        return self.packed_hole.unpack()

    @cached_property
    def luma(self) -> np.ndarray:
        luma = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY)
        height, width = self.gray.shape
        smooth = cv2.resize(self.gray, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
        np.copyto(luma, smooth[: luma.shape[0], : luma.shape[1]], where=self.near_hole)
        return luma

    @cached_property
    def smooth(self) -> np.ndarray:
        return harmonic_fill(crop(self.rgb, self.box), crop(self.work_hole, self.box))


def work_size(height: int, width: int, area: int) -> tuple[int, int]:
    """(height, width) of the working resolution: at most about `area` pixels, same shape."""
    scale = min(1.0, (area / (height * width)) ** 0.5)
    if scale > 0.8:
        scale = 1.0
    return max(8, round(height * scale)), max(8, round(width * scale))


def prepare(
    index: int, image: Picture, hole: np.ndarray, area: int, rgb: np.ndarray | None = None
) -> WorkFrame:
    """Scale a frame to the working resolution and fill its hole smoothly.

    `rgb` is `WorkFrame.rgb`, where it is known already.
    """
    height, width = work_size(*hole.shape, area)
    if rgb is None:
        rgb = reduced(image, height, width)
    work_hole = _touched(hole, height, width)
    gray = _halved(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    if not work_hole.any():
        nowhere = np.zeros_like(gray, bool)
        return WorkFrame(index, image, Bits(hole), rgb, gray, nowhere, work_hole, work_hole, None)
    near = grown(work_hole, GUARD)
    near_gray = _halved(near.view(np.uint8) * 255) > 0
    box = even(bounding_box(work_hole, max(24, round(0.09 * width))), work_hole.shape)
    quiet = harmonic_fill(
        crop(gray, half_box(box))[..., None], crop(near_gray, half_box(box)), sweeps=12
    )
    crop(gray, half_box(box))[:] = np.clip(quiet[..., 0] + 0.5, 0, 255)
    return WorkFrame(index, image, Bits(hole), rgb, gray, near_gray, work_hole, near, box)


def _touched(hole: np.ndarray, height: int, width: int) -> np.ndarray:
    """A mask at another resolution, at most its own, bool: the pixels that reach into it, be it by
    more than a thousandth of their side."""
    if (height, width) == hole.shape:
        return hole.copy()
    return _reaching(hole, *_parts(hole.shape[0], height), *_parts(hole.shape[1], width))


def _parts(length: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `number` equal parts of `length` pixels begins and ends, in whole pixels."""
    side = length / number
    begin = np.floor(np.arange(number) * side + 1e-3 * side)
    end = np.ceil(np.arange(1, number + 1) * side - 1e-3 * side)
    return begin.astype(np.int64), end.astype(np.int64)


@njit(cache=True, nogil=True)
def _reaching(mask, top, bottom, left, right):  # pragma: no cover - compiled
    """Whether each part of a mask, between the rows and columns given, holds any of it."""
    out = np.zeros((top.size, left.size), np.bool_)
    line = np.empty(mask.shape[1], np.bool_)
    for row in range(top.size):
        line[:] = False
        for y in range(top[row], bottom[row]):
            for x in range(mask.shape[1]):
                line[x] |= mask[y, x]
        if not line.any():
            continue
        for col in range(left.size):
            out[row, col] = line[left[col] : right[col]].any()
    return out


def reduced(image: Picture, height: int, width: int) -> np.ndarray:
    """A picture at another resolution, uint8."""
    whole = image[:, :]
    eight = whole if whole.dtype == np.uint8 else (whole >> 8).astype(np.uint8)
    if whole.shape[:2] == (height, width):
        return np.ascontiguousarray(eight)
    return cv2.resize(eight, (width, height), interpolation=cv2.INTER_AREA)


def _halved(picture: np.ndarray) -> np.ndarray:
    """uint8 (h, w) at half the resolution: means of 2x2 pixels."""
    height, width = half_size(*picture.shape)
    odd = 2 * height - picture.shape[0], 2 * width - picture.shape[1]
    if any(odd):
        picture = cv2.copyMakeBorder(picture, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
