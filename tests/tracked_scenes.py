"""Small scenes with a known truth: photographs cut out and moved over photographs."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from skimage import data

SIZE = (192, 112)  # pixels, width and height
RADIUS = 17

Place = tuple[float, float] | None


def ground(shift: float = 0.0) -> np.ndarray:
    """A dim lawn, moved sideways by `shift` pixels."""
    lawn = cv2.resize(data.grass(), (SIZE[0] * 2, SIZE[1] * 2))[..., None].repeat(3, 2)
    tinted = (lawn * np.array([0.5, 0.6, 0.35])).astype(np.uint8)
    matrix = np.array([[1.0, 0, -shift], [0, 1, 0]])
    moved = cv2.warpAffine(tinted, matrix, (SIZE[0] * 2, SIZE[1] * 2))
    return np.ascontiguousarray(moved[: SIZE[1], : SIZE[0]])


def ball(image: np.ndarray, place: Place, colour: tuple[int, int, int]) -> np.ndarray:
    """Draw a marbled ball at a place (x, y), or nothing; returns its mask, bool (h, w)."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    if place is None:
        return np.zeros(image.shape[:2], bool)
    mask = (x - place[0]) ** 2 + (y - place[1]) ** 2 < RADIUS**2
    marble = cv2.resize(data.gravel()[100:300, 100:300], (2 * RADIUS + 3, 2 * RADIUS + 3))
    rows = np.clip(np.rint(y[mask] - place[1]).astype(int) + RADIUS + 1, 0, 2 * RADIUS + 2)
    columns = np.clip(np.rint(x[mask] - place[0]).astype(int) + RADIUS + 1, 0, 2 * RADIUS + 2)
    shade = 0.6 + 0.4 * marble[rows, columns] / 255
    image[mask] = (shade[:, None] * np.array(colour)).astype(np.uint8)
    return mask


RED, BLUE = (215, 60, 40), (50, 90, 225)


def clip(
    count: int, red: Callable[[int], Place], blue: Callable[[int], Place] = lambda t: None
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Frames (n, h, w, 3) and the true masks of a red and of a blue ball, the red one in front."""
    frames, reds, blues = [], [], []
    for t in range(count):
        image = ground(1.5 * t)
        blues.append(ball(image, blue(t), BLUE))
        reds.append(ball(image, red(t), RED))
        blues[-1] &= ~reds[-1]
        frames.append(image)
    return np.stack(frames), reds, blues


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union; 1 when both are empty."""
    union = np.count_nonzero(found | truth)
    return np.count_nonzero(found & truth) / union if union else 1.0
