"""From one frame to the next: what the matte was there, and how far things were smeared."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_LONGEST = 640  # pixels: flow is found at this size at most
_NOISE = 8.0  # grey levels by which a pixel may differ from where it came from
_FAST = 6.0  # pixels a frame: what moves faster is smeared, and looks different each time
_SLACK = 0.05  # of the squared length of a motion: how much of it the round trip may lose


@dataclass(frozen=True)
class Carrier:
    """The way from the frame before: `x` and `y`, float32 (h, w), where each pixel was; `trust` in
    0..1, whether it really was there and looks the same; `sure`, the same of its motion alone; `flow`
    float32 (h, w, 2), how it moved, in pixels."""

    x: F32 = field(repr=False)
    y: F32 = field(repr=False)
    trust: F32 = field(repr=False)
    sure: F32 = field(repr=False)
    flow: F32 = field(repr=False)

    def carry(self, values: F32) -> F32:
        """Values of the frame before, (h, w) or (h, w, 3), where they are now."""
        return moved(values, self.x, self.y)


def moved(values: NDArray, x: F32, y: F32) -> NDArray:
    """`values`, (h, w) or (h, w, n), at `x` and `y`, float32: linear between pixels, and beyond the border
    as at it."""
    return cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def follow(before: NDArray, now: NDArray) -> Carrier:
    """The motion between two frames, RGB uint8 (h, w, 3), by OpenCV's DIS flow."""
    height, width = now.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    small = (max(16, round(width * scale)), max(16, round(height * scale)))
    first, second = (_grey(image, small) for image in (before, now))
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back, ahead = dis.calc(second, first, None), dis.calc(first, second, None)
    rows, columns = np.indices(second.shape, dtype=np.float32)
    x, y = columns + back[..., 0], rows + back[..., 1]
    lost = moved(ahead, x, y) + back
    lost = np.einsum("ijk,ijk->ij", lost, lost)
    long = np.einsum("ijk,ijk->ij", back, back)
    same = moved(first, x, y).astype(np.float32) - second
    same = cv2.GaussianBlur(same * same, (0, 0), 1.5)
    lost = lost / (1 + _SLACK * long) + same / (2 * _NOISE * _NOISE)
    sure = np.exp(-lost).astype(np.float32)
    trust = sure * np.exp(-np.sqrt(long) / _FAST)
    flow = cv2.resize(back, (width, height)) * np.float32([width / small[0], height / small[1]])
    sure, trust = (cv2.resize(values, (width, height)) for values in (sure, trust))
    rows, columns = np.indices((height, width), dtype=np.float32)
    return Carrier(columns + flow[..., 0], rows + flow[..., 1], trust, sure, flow)


def smear(flow: F32, mask: NDArray[np.bool_], shutter: float) -> F32:
    """Half the length of the blur near a mask, float32 (h, w), in pixels.

    The motion of what is marked counts, also in the pixels beside it that it smears over, so the
    greatest length nearby is taken.
    """
    length = np.sqrt(np.einsum("ijk,ijk->ij", flow, flow)) * np.float32(shutter / 2)
    length = cv2.medianBlur(np.where(mask, length, 0).astype(np.float32), 5)
    reach = int(np.clip(length.max() * 2, 2, 40))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.blur(cv2.dilate(length, disc), (5, 5))


def _grey(image: NDArray, size: tuple[int, int]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return (
        grey if size == grey.shape[::-1] else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    )
