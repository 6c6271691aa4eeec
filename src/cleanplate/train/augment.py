"""Making many pictures of a few: crops, light, blur, noise, and the object pasted elsewhere.

Pasting: Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
Segmentation", CVPR 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.train.examples import Example

_NEAR = 0.65  # share of the crops that are taken around the object
_PASTE = 0.5  # share of the crops that get the object of another example as well
_RECOLOUR = 0.35  # share of the crops whose surroundings get other colours
_DISTRACT = 0.6  # share of the crops that get shapes that are not the object
_SHAPES = 4  # of them at most
_BLUR = 0.35
_NOISE = 0.4
_COMPRESS = 0.3


@dataclass(frozen=True)
class Recipe:
    """How crops are made: their side in pixels, and how large the examples' longest side is first
    made, `longest` pixels, before a random factor of `zoom`."""

    side: int = 256
    longest: int = 640
    zoom: tuple[float, float] = (0.6, 1.7)


class Crops:
    """Random crops of the examples, without end."""

    def __init__(self, examples: Sequence[Example], recipe: Recipe, random: np.random.Generator):
        self._examples = list(examples)
        self._recipe = recipe
        self._random = random
        self._cutouts = [cut for cut in map(_cutout, examples) if cut is not None]

    def batch(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Crops, uint8 (count, side, side, 3), and how much of each pixel is the object, float32
        (count, side, side) in 0..1."""
        pairs = [self._one() for _ in range(count)]
        return np.stack([image for image, _ in pairs]), np.stack([share for _, share in pairs])

    def _one(self) -> tuple[np.ndarray, np.ndarray]:
        random, side = self._random, self._recipe.side
        example = self._examples[random.integers(len(self._examples))]
        matrix = self._view(example)
        how = cv2.INTER_AREA if abs(matrix[0, 0]) < 0.7 else cv2.INTER_LINEAR
        image = _warp(example.image, matrix, side, how)
        share = _warp(example.mask.astype(np.float32), matrix, side, cv2.INTER_LINEAR)
        if random.random() < _RECOLOUR:
            image = _recoloured(image, share, random)
        if random.random() < _DISTRACT:
            image = self._distracted(image, share)
        if self._cutouts and random.random() < _PASTE:
            image, share = self._paste(image, share)
        return _spoil(_lit(image, random), random), np.clip(share, 0, 1)

    def _view(self, example: Example) -> np.ndarray:
        """From the example's pixels to the crop's: a zoom, a slight turn, perhaps a mirror."""
        random, recipe = self._random, self._recipe
        height, width = example.mask.shape
        scale = recipe.longest / max(height, width) * _between(random, *recipe.zoom)
        angle = np.deg2rad(random.normal(0, 6))
        flip = -1 if random.random() < 0.3 else 1
        turn = scale * np.array(
            [[flip * np.cos(angle), -np.sin(angle)], [flip * np.sin(angle), np.cos(angle)]]
        )
        centre = np.array([random.uniform(0, width), random.uniform(0, height)])
        if example.there and random.random() < _NEAR:
            rows, columns = np.nonzero(example.mask)
            pick = random.integers(len(rows))
            offset = random.normal(0, 0.25, 2) * recipe.side / scale
            centre = np.array([columns[pick], rows[pick]]) + offset
        shift = recipe.side / 2 - turn @ centre
        return np.column_stack([turn, shift])

    def _distracted(self, image: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Shapes in any colours, the object's own among them, wherever the object is not: so that not
        everything round, or red, is taken for it."""
        random, side = self._random, self._recipe.side
        over = np.zeros((side, side), np.float32)
        paint = image.copy()
        for _ in range(random.integers(1, _SHAPES + 1)):
            colour = self._some_colour()
            shape = np.zeros((side, side), np.uint8)
            middle = random.integers(0, side, 2).tolist()
            size = _between(random, 0.04, 0.3) * side
            kind = random.integers(4)
            if kind == 0:
                axes = (max(1, int(size)), max(1, int(size * random.uniform(0.4, 1))))
                cv2.ellipse(shape, middle, axes, random.uniform(0, 180), 0, 360, 255, -1)
            elif kind == 1:
                corners = middle + random.normal(0, size, (random.integers(3, 7), 2))
                cv2.fillPoly(shape, [corners.astype(np.int32)], 255)
            elif kind == 2:
                end = (middle + random.normal(0, 2 * size, 2)).astype(int).tolist()
                cv2.line(shape, middle, end, 255, max(1, int(size / 5)))
            else:
                width = max(1, int(size / 4))
                cv2.circle(shape, middle, max(1, int(size)), 255, width)
            paint[shape > 0] = colour
            over = np.maximum(over, shape / np.float32(255))
        over = cv2.GaussianBlur(over, (0, 0), _between(random, 0.5, 2)) * (
            1 - np.clip(2 * share, 0, 1)
        )
        strength = random.uniform(0.6, 1) * over[..., None]
        return (image * (1 - strength) + paint * strength).astype(np.uint8)

    def _some_colour(self) -> np.ndarray:
        """Any colour, or one of the object's."""
        random = self._random
        if self._cutouts and random.random() < 0.6:
            colour, alpha, _ = self._cutouts[random.integers(len(self._cutouts))]
            inside = colour[alpha > 0.9]
            if len(inside):
                return inside[random.integers(len(inside))]
        return random.integers(0, 256, 3).astype(np.uint8)

    def _paste(self, image: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lay an object over the crop, in other light, somewhere, at some size."""
        random, side = self._random, self._recipe.side
        colour, alpha, long = self._cutouts[random.integers(len(self._cutouts))]
        # As large as it is at the working size, more or less, and never larger than the crop.
        scale = self._recipe.longest / long * _between(random, 0.5, 1.8)
        scale = min(scale, 0.9 * side / max(alpha.shape))
        angle = np.deg2rad(random.normal(0, 10))
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        place = random.uniform(0, side, 2)
        matrix = np.column_stack([turn, place - turn @ (np.array(alpha.shape[::-1]) / 2)])
        how = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR
        over = _warp(alpha, matrix, side, how, cv2.BORDER_CONSTANT)[..., None]
        object_ = _warp(_lit(colour, random), matrix, side, how)
        laid = image * (1 - over) + object_ * over
        return laid.astype(np.uint8), np.maximum(share * (1 - over[..., 0]), over[..., 0])


def _cutout(example: Example) -> tuple[np.ndarray, np.ndarray, int] | None:
    """An example's object alone: colour, alpha with a soft edge, and its picture's longest side;
    None where it is cut by the frame's edge or not there."""
    rows, columns = np.flatnonzero(example.mask.any(1)), np.flatnonzero(example.mask.any(0))
    if len(rows) < 4 or len(columns) < 4:
        return None
    height, width = example.mask.shape
    if rows[0] == 0 or columns[0] == 0 or rows[-1] == height - 1 or columns[-1] == width - 1:
        return None
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    alpha = np.pad(example.mask[part].astype(np.float32), 2)
    image = np.pad(example.image[part], ((2, 2), (2, 2), (0, 0)), "edge")
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    return image, alpha, max(height, width)


def _between(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _warp(image: np.ndarray, matrix: np.ndarray, side: int, how: int, border: int = -1):
    border = cv2.BORDER_REFLECT_101 if border < 0 else border
    if how == cv2.INTER_AREA:  # warping does not average: blur first, as far as it will shrink
        sigma = 0.4 / max(1e-3, float(np.hypot(matrix[0, 0], matrix[1, 0])))
        image = cv2.GaussianBlur(image, (0, 0), min(sigma, 4))
        how = cv2.INTER_LINEAR
    return cv2.warpAffine(image, matrix, (side, side), flags=how, borderMode=border)


def _lit(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """In other light: exposure, contrast, gamma, saturation and tint."""
    values = image.astype(np.float32) / 255
    values = values ** float(np.exp(random.normal(0, 0.2)))
    grey = values.mean(-1, keepdims=True)
    values = grey + (values - grey) * float(np.exp(random.normal(0, 0.25)))
    values = (values - 0.5) * float(np.exp(random.normal(0, 0.15))) + 0.5
    gains = np.exp(random.normal(0, 0.12)) * np.exp(random.normal(0, 0.06, 3))
    return np.clip(values * gains.astype(np.float32) * 255, 0, 255).astype(np.uint8)


def _recoloured(image: np.ndarray, share: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The surroundings in other colours, turned around grey; the object keeps its own."""
    hue = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hue[..., 0] = (hue[..., 0].astype(int) + random.integers(180)) % 180  # OpenCV's half degrees
    gain = _between(random, 0.6, 1.8)
    hue[..., 1] = np.clip(hue[..., 1] * gain, 0, 255).astype(np.uint8)
    other = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)
    keep = np.clip(2 * share, 0, 1)[..., None]
    return (image * keep + other * (1 - keep)).astype(np.uint8)


def _spoil(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """As cameras and encoders do: blur, motion, noise and compression."""
    if random.random() < _BLUR:
        if random.random() < 0.5:
            image = cv2.GaussianBlur(image, (0, 0), _between(random, 0.5, 2.5))
        else:
            image = cv2.filter2D(image, -1, _streak(random))
    if random.random() < _NOISE:
        noise = random.normal(0, random.uniform(1, 9), image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if random.random() < _COMPRESS:
        quality = int(random.integers(25, 90))
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return image


def _streak(random: np.random.Generator) -> np.ndarray:
    """The kernel of a straight motion of up to 9 pixels."""
    length = int(random.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    matrix = cv2.getRotationMatrix2D(((length - 1) / 2,) * 2, random.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, matrix, (length, length))
    return kernel / max(float(kernel.sum()), 1e-6)
