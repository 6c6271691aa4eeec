"""Clips made on the spot, of any length, the same every time."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

HOLE_SHARE = 0.08  # of the frame
PAN = 3  # pixels a frame


def texture(width: int, height: int, seed: int = 1) -> np.ndarray:
    """Noise of several scales, `uint8` RGB `(height, width, 3)`: detail everywhere, no repeats."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for scale, weight in ((4, 18), (16, 30), (64, 45), (256, 60)):
        rows, columns = max(2, -(-height // scale)), max(2, -(-width // scale))
        noise = rng.uniform(-1, 1, (rows, columns, 3)).astype(np.float32)
        picture += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 128, 0, 255).astype(np.uint8)


def moving_hole(width: int, height: int, t: int, share: float = HOLE_SHARE) -> np.ndarray:
    """An ellipse as tall as a person that walks to and fro, covering `share` of the frame."""
    tall = np.sqrt(share * width * height * 2 / np.pi)  # semi-axis; the other is half of it
    swing = (width / 2 - tall / 2) * 0.8
    x = width / 2 + swing * np.sin(2 * np.pi * t / 120)
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    columns = np.arange(width, dtype=np.float32)[None] - np.float32(x)
    return (columns / (tall / 2)) ** 2 + (y / tall) ** 2 <= 1


def panning_clip(
    width: int, height: int, count: int, seed: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`count` frames of a camera that pans over a texture and back, each with its hole."""
    room = width // 2
    picture = texture(width + room, height, seed)
    for t in range(count):
        x = (t * PAN) % (2 * room)
        x = min(x, 2 * room - x)
        hole = moving_hole(width, height, t)
        frame = picture[:, x : x + width].copy()
        frame[hole] = 0
        yield frame, hole
