"""A target head: a linear map from frozen features to "this object", fitted in closed form."""

from __future__ import annotations

import copy

import numpy as np


class TargetHead:
    """Weighted ridge regression from unit features to the share of a cell that is the object.

    Evidence is summed as normal equations, so frames are added and forgotten at no cost in
    memory: two matrices, one of the frames that the user marked and one that fades.

    `ridge` is relative to the mean feature energy; `fade` is how much of the fading evidence
    survives another frame; `weight` how much all of it counts beside the marked frames.
    """

    def __init__(
        self, channels: int, ridge: float = 1e-2, fade: float = 0.9, weight: float = 0.6
    ) -> None:
        size = channels + 1
        self._ridge, self._fade, self._weight = ridge, fade, weight
        self._kept = _Normal(size)
        self._fading = _Normal(size)
        self._solutions: dict[bool, np.ndarray] = {}

    def learn(
        self, cells: np.ndarray, share: np.ndarray, *, sure: np.ndarray | None = None
    ) -> None:
        """Add one frame: cells float32 (n, channels) and the object's share of each, (n,) in 0..1.

        `sure` of None marks what the user said, kept for ever; else the tracker's own confidence
        in each cell, (n,) in 0..1, and the evidence will fade.
        """
        inputs = np.hstack([cells, np.ones((len(cells), 1), np.float32)])
        on = float(share.sum())
        # Half of the weight to each side, however small the object.
        weights = share / max(on, 1) + (1 - share) / max(len(share) - on, 1)
        if sure is None:
            self._kept.add(inputs, share, weights)
            self._solutions.clear()
        else:
            self._fading.scale(self._fade)
            self._fading.add(inputs, share, weights * sure)
            self._solutions.pop(False, None)

    def branch(self) -> TargetHead:
        """A head that shares the marked frames and starts with nothing that fades."""
        other = copy.copy(self)
        other._fading = _Normal(len(self._kept.target))
        other._solutions = {}
        return other

    def score(self, cells: np.ndarray, *, kept_only: bool = False) -> np.ndarray:
        """How much of each cell is the object: about 0 to 1, float32 (...) for (..., channels).

        `kept_only` leaves out the evidence that fades.
        """
        solution = self.solution(kept_only=kept_only)
        return cells @ solution[:-1] + solution[-1]

    def solution(self, *, kept_only: bool = False) -> np.ndarray:
        """The map itself: a weight for each channel and then what is added, float32 (channels + 1,)."""
        if kept_only not in self._solutions:
            self._solutions[kept_only] = self._solve(kept_only)
        return self._solutions[kept_only]

    def _solve(self, kept_only: bool) -> np.ndarray:
        kept, fading = self._kept, self._fading
        gram, target = kept.gram / kept.weight, kept.target / kept.weight
        if fading.weight > 0 and not kept_only:
            # A few frames make a full vote; one alone is not to be believed so far.
            share = self._weight * min(1.0, fading.weight / 6)
            gram = gram + share * fading.gram / fading.weight
            target = target + share * fading.target / fading.weight
        level = self._ridge * np.trace(gram) / len(gram)
        regular = gram + level * np.eye(len(gram), dtype=gram.dtype)
        return np.linalg.solve(regular, target).astype(np.float32)


class _Normal:
    """Normal equations of a weighted least-squares problem; a sure frame weighs 2."""

    def __init__(self, size: int) -> None:
        self.gram = np.zeros((size, size), np.float32)
        self.target = np.zeros(size, np.float32)
        self.weight = 0.0

    def scale(self, factor: float) -> None:
        self.gram *= factor
        self.target *= factor
        self.weight *= factor

    def add(self, inputs: np.ndarray, share: np.ndarray, weights: np.ndarray) -> None:
        weighted = inputs * weights[:, None]
        self.gram += weighted.T @ inputs
        self.target += weighted.T @ share
        self.weight += float(weights.sum())
