"""Features made comparable: centred on what the marked frames show, each group to unit length."""

from __future__ import annotations

import numpy as np

GROUPS = (128, 160, 320, 256)  # channels of texture, parts, things, embedding; see `Look.cells`
CHANNELS = sum(GROUPS)


class Normaliser:
    """Centres features on the mean of the first frame and gives every group the same length.

    The result is float32, each group of length a half, so that a whole cell has length one.
    """

    def __init__(self, cells: np.ndarray) -> None:
        flat = cells.reshape(-1, cells.shape[-1])
        self.mean = flat.mean(axis=0)

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        centred = cells - self.mean
        out = np.empty_like(centred)
        start = 0
        for size in GROUPS:
            group = centred[..., start : start + size]
            length = np.linalg.norm(group, axis=-1, keepdims=True)
            out[..., start : start + size] = group / (2 * np.maximum(length, 1e-6))
            start += size
        return out


class Projector:
    """Principal components of the first frame's cells: fewer channels, the same neighbours.

    `channels` is how many are kept; the result is float32 of unit length.
    """

    def __init__(self, cells: np.ndarray, channels: int = 96) -> None:
        flat = cells.reshape(-1, cells.shape[-1])
        spread = flat.T @ flat
        _, vectors = np.linalg.eigh(spread)
        self._basis = np.ascontiguousarray(vectors[:, -channels:])

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        small = cells @ self._basis
        return small / np.maximum(np.linalg.norm(small, axis=-1, keepdims=True), 1e-6)
