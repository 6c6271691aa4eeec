"""Remembered frames: each cell of a new frame takes its label from the cells that it resembles.

Space-time correspondence in the manner of STM (Oh et al., ICCV 2019) and of label propagation with
frozen features (Jabri et al., NeurIPS 2020), without training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_NEIGHBOURS = 10  # resembling cells that vote, at most
_TEMPERATURE = 0.05  # of the softmax over their cosines
_BLOCK = 1024  # cells that are compared with all that is remembered at once


@dataclass(frozen=True)
class Remembered:
    """Cells of one frame: unit features (n, d) and how much of each is the object, (n,) in 0..1."""

    cells: np.ndarray
    share: np.ndarray


def vote(cells: np.ndarray, *groups: list[Remembered]) -> np.ndarray:
    """How much of each of `cells`, unit features (n, d), is the object, by its neighbours.

    One row for each group of memories, float32 (groups, n): the vote of that group and of all
    before it together.
    """
    from cleanplate.track.kernels import count_votes  # compiled: only for those who track

    frames = [frame for group in groups for frame in group]
    known = np.concatenate([frame.cells for frame in frames])
    share = np.concatenate([frame.share for frame in frames])
    ends = np.cumsum([sum(len(frame.share) for frame in group) for group in groups])
    result = np.empty((len(groups), len(cells)), np.float32)
    for start in range(0, len(cells), _BLOCK):
        part = slice(start, start + _BLOCK)
        cosine, cooled = cells[part] @ known.T, np.float32(_TEMPERATURE)
        count_votes(cosine, share, ends, _NEIGHBOURS, cooled, result[:, part])
    return result
