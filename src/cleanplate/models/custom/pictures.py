"""Frames as a network wants them, and its maps put back over the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.models.custom.manifest import PictureIn

_NUMPY = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True)
class Place:
    """Where a frame of `shape` (h, w) lies in the network's input of `size` (h, w): from `top` and
    `left`, `inner` (h, w) large; all in pixels."""

    shape: tuple[int, int]
    size: tuple[int, int]
    top: int
    left: int
    inner: tuple[int, int]

    def boxes_to_frame(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (n, 4), x0 y0 x1 y1, from the input's pixels to the frame's."""
        scale = np.array(self.shape[::-1], np.float32) / np.array(self.inner[::-1], np.float32)
        moved = boxes - np.array([self.left, self.top] * 2, np.float32)
        return (moved * np.tile(scale, 2)).astype(np.float32)

    def map_to_frame(self, values: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
        """A map over the input, float (h', w') of any size, over the frame: float32 (h, w)."""
        down, across = values.shape[0] / self.size[0], values.shape[1] / self.size[1]
        # From the frame's pixel centres to the map's, in one step: nothing to crop or to round.
        steps = (
            self.inner[1] / self.shape[1] * across,
            self.inner[0] / self.shape[0] * down,
        )
        matrix = np.array(
            [
                [steps[0], 0, self.left * across + steps[0] / 2 - 0.5],
                [0, steps[1], self.top * down + steps[1] / 2 - 0.5],
            ]
        )
        return cv2.warpAffine(
            np.ascontiguousarray(values, np.float32),
            matrix,
            self.shape[::-1],
            flags=how | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


def place_of(shape: tuple[int, int], rules: PictureIn) -> Place:
    """Where a frame of `shape` (h, w) goes in the input that settled `rules` describe."""
    height, width = shape
    if rules.size is None:
        scale = rules.longest / max(shape)
        scale = scale if rules.enlarge else min(1.0, scale)
        size = (_multiple(height * scale, rules.multiple), _multiple(width * scale, rules.multiple))
        return Place(shape, size, 0, 0, size)
    size = rules.size if isinstance(rules.size, tuple) else (rules.size, rules.size)
    if rules.fit == "stretch":
        return Place(shape, size, 0, 0, size)
    scale = min(size[0] / height, size[1] / width)
    inner = (max(1, round(height * scale)), max(1, round(width * scale)))
    if rules.fit == "corner":
        return Place(shape, size, 0, 0, inner)
    return Place(shape, size, (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2, inner)


def _multiple(length: float, step: int) -> int:
    return max(step, round(length / step) * step)


def feed(
    image: np.ndarray, place: Place, rules: PictureIn, kind: str = "tensor(float)"
) -> np.ndarray:
    """A frame, RGB uint8, uint16 or float32 in 0..255, as the network's input of one picture."""
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    small = _resized(image, place.inner)
    padded = np.full((*place.size, 3), rules.pad or 0.0, np.float32)
    inside = np.s_[place.top : place.top + place.inner[0], place.left : place.left + place.inner[1]]
    low, high = rules.range or (0.0, 1.0)
    values = _coloured(small.astype(np.float32), rules.colour)
    padded = _coloured(padded, rules.colour)
    padded[inside] = values
    padded = low + padded * ((high - low) / 255)
    padded = (padded - np.float32(rules.mean or [0.0])) / np.float32(rules.deviation or [1.0])
    if rules.fit == "corner" and rules.pad == 0:  # as Segment Anything does: after the normalising
        outside = np.ones(place.size, bool)
        outside[inside] = False
        padded[outside] = 0
    if kind == "tensor(uint8)":
        padded = np.clip(padded + 0.5, 0, 255)
    return laid_out(padded, rules.layout or "nchw").astype(_NUMPY[kind])


def laid_out(picture: np.ndarray, layout: str) -> np.ndarray:
    """(h, w, c) as [1, c, h, w] or [1, h, w, c]."""
    ordered = picture.transpose(2, 0, 1) if layout == "nchw" else picture
    return np.ascontiguousarray(ordered[None])


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[:2] == size:
        return image
    how = cv2.INTER_AREA if size[0] < image.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(image, size[::-1], interpolation=how)


def _coloured(picture: np.ndarray, colour: str) -> np.ndarray:
    if colour == "bgr":
        return picture[..., ::-1].copy()
    if colour == "grey":
        return (picture @ np.float32([0.299, 0.587, 0.114]))[..., None]
    return picture


def constant(value: float | list[float], shape: tuple, kind: str) -> np.ndarray:
    """The tensor of a manifest's constant."""
    types = {**_NUMPY, "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": bool}
    array = np.array(value, types.get(kind, np.float32))
    return array.reshape(()) if len(shape) == 0 else np.atleast_1d(array)


def sample_picture(shape: tuple[int, int] = (270, 480)) -> np.ndarray:
    """A picture to try a network on: a shaded ground, a disc and a bar; RGB uint8 (h, w, 3)."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    ground = np.stack([90 + 60 * x / shape[1], 120 - 50 * y / shape[0], 80 + 0 * x], -1)
    ground += np.random.default_rng(0).normal(0, 6, ground.shape)
    disc = (x - 0.4 * shape[1]) ** 2 + (y - 0.5 * shape[0]) ** 2 < (0.25 * shape[0]) ** 2
    bar = (np.abs(x - 0.75 * shape[1]) < 0.05 * shape[1]) & (y > 0.2 * shape[0])
    ground[disc], ground[bar] = (210, 70, 50), (40, 60, 160)
    return np.clip(ground, 0, 255).astype(np.uint8)
