"""Small scenes with a known truth for the fill: photographs that pan, things that cross, holes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage import data

from cleanplate.fill import Filled, FillSettings, fill_shot

WIDTH, HEIGHT = 160, 96


@dataclass
class Scene:
    """What there is and what is hidden.

    Attributes:
        truth: uint8 (n, h, w, 3), the clip without the thing that is to be removed.
        holes: bool (n, h, w), where that thing is.
    """

    truth: np.ndarray
    holes: np.ndarray

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def seen(self) -> np.ndarray:
        """The clip with a loud striped thing in the holes, so that any leak shows."""
        y, x = np.mgrid[: self.truth.shape[1], : self.truth.shape[2]]
        stripes = np.where(((x + y) // 3 % 2)[..., None], np.uint8([255, 0, 255]), np.uint8(0))
        return np.where(self.holes[..., None], stripes, self.truth).astype(np.uint8)

    def fill(self, settings: FillSettings | None = None) -> list[Filled]:
        return list(fill_shot(self.seen, self.holes, settings))

    def psnr(self, images) -> float:
        """Of the pixels in the holes, in dB, over all frames together."""
        return psnr(np.stack(images)[self.holes], self.truth[self.holes])


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """In dB of 8-bit values."""
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def photograph(name: str, height: int, width: int) -> np.ndarray:
    """One of scikit-image's pictures, float32 (height, width, 3), shrunk to cover that size."""
    picture = np.asarray(getattr(data, name)())
    picture = np.repeat(picture[..., None], 3, 2) if picture.ndim == 2 else picture[..., :3]
    scale = max(height / picture.shape[0], width / picture.shape[1])
    picture = cv2.resize(
        picture.astype(np.float32), None, fx=scale * 1.01, fy=scale * 1.01,
        interpolation=cv2.INTER_AREA,
    )  # fmt: skip
    return np.ascontiguousarray(picture[:height, :width])


def view(picture: np.ndarray, x: float, y: float, width: int, height: int) -> np.ndarray:
    """What a camera at (x, y) sees of a picture: float32 (height, width, 3)."""
    matrix = np.float32([[1, 0, -x], [0, 1, -y]])
    return cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def eight_bit(image: np.ndarray) -> np.ndarray:
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def disc(x: float, y: float, radius: float, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """bool (height, width)."""
    rows, columns = np.mgrid[:height, :width]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def panned(
    photo: str = "coffee",
    count: int = 14,
    speed: tuple[float, float] = (2.3, 0.4),
    radius: float = 14,
    walk: float = 3.0,
    noise: float = 0.0,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Scene:
    """A camera that pans over a photograph while a disc walks through."""
    rng = np.random.default_rng(1)
    picture = photograph(photo, height + 40, width + 80)
    truth, holes = [], []
    for t in range(count):
        frame = view(picture, 10 + speed[0] * t, 10 + speed[1] * t, width, height)
        truth.append(eight_bit(frame + rng.normal(0, noise, frame.shape) if noise else frame))
        holes.append(disc(width / 2 + walk * (t - count / 2), height / 2, radius, width, height))
    return Scene(np.stack(truth), np.stack(holes))


def crossed(count: int = 16) -> Scene:
    """A slow pan; a textured block drives behind a disc that the camera follows."""
    far = photograph("gravel", HEIGHT, WIDTH + 60) * 0.5 + 20
    block = photograph("coffee", 44, 60)
    truth, holes = [], []
    for t in range(count):
        frame = view(far, 1.5 * t, 0, WIDTH, HEIGHT)
        driven = np.float32([[1, 0, 10 + 5.3 * t], [0, 1, 26]])
        alpha = cv2.warpAffine(np.ones(block.shape[:2], np.float32), driven, (WIDTH, HEIGHT))
        there = cv2.warpAffine(
            block, driven, (WIDTH, HEIGHT),
            flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        frame += alpha[..., None] * (there - frame)
        truth.append(eight_bit(frame))
        holes.append(disc(84, 48, 11))
    return Scene(np.stack(truth), np.stack(holes))


def held_still(count: int = 14, noise: float = 1.5) -> Scene:
    """A still camera with film grain, and a hole that never moves: nothing is ever revealed."""
    rng = np.random.default_rng(2)
    picture = photograph("chelsea", HEIGHT, WIDTH)
    truth = [eight_bit(picture + rng.normal(0, noise, picture.shape)) for _ in range(count)]
    return Scene(np.stack(truth), np.repeat(disc(80, 50, 13)[None], count, 0))
