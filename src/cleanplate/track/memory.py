"""Remembered frames: each cell of a new frame takes its label from the cells that it resembles.

Space-time correspondence in the manner of STM (Oh et al., ICCV 2019) and of label propagation with
frozen features (Jabri et al., NeurIPS 2020), without training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_NEIGHBOURS = 10  # resembling cells that vote
_TEMPERATURE = 0.05  # of the softmax over their cosines


@dataclass(frozen=True)
class Remembered:
    """Cells of one frame: unit features (n, d) and how much of each is the object, (n,) in 0..1."""

    cells: np.ndarray
    share: np.ndarray


def vote(cells: np.ndarray, memory: list[Remembered]) -> np.ndarray:
    """How much of each of `cells`, unit features (n, d), is the object, by its neighbours; (n,)."""
    known = np.concatenate([frame.cells for frame in memory])
    share = np.concatenate([frame.share for frame in memory])
    cosine = cells @ known.T
    count = min(_NEIGHBOURS, cosine.shape[1])
    best = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(cosine, best, axis=1)
    weight = np.exp((near - near.max(axis=1, keepdims=True)) / _TEMPERATURE)
    weight /= weight.sum(axis=1, keepdims=True)
    return (weight * share[best]).sum(axis=1).astype(np.float32)
