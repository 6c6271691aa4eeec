"""How good a network is on held-out examples, and how sure one can be of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate.train.examples import Example

_DRAWS = 2000
_SHARE = 0.95

Masker = Callable[[np.ndarray], np.ndarray]
"""RGB uint8 (h, w, 3) -> mask bool (h, w)."""


@dataclass(frozen=True)
class Measured:
    """Each held-out example's IoU, their mean, and the 95% interval of the mean: None where there
    are too few to say."""

    ious: list[float]
    mean: float
    interval: tuple[float, float] | None


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two masks, bool (h, w); 1 when both are empty.

    >>> iou(np.eye(2, dtype=bool), np.ones((2, 2), bool))
    0.5
    """
    union = np.count_nonzero(found | truth)
    return np.count_nonzero(found & truth) / union if union else 1.0


def measure(masker: Masker, examples: Sequence[Example]) -> Measured:
    """Run on every held-out example and compare."""
    ious = [iou(masker(example.image), example.mask) for example in examples]
    return Measured(ious, float(np.mean(ious)), interval(ious))


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float] | None:
    """The 95% interval of the mean by bootstrap; None for fewer than three values.

    Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 1979: percentiles
    of the means of 2000 samples drawn with replacement.
    """
    if len(values) < 3:
        return None
    random = np.random.default_rng(seed)
    drawn = random.choice(np.asarray(values, float), (_DRAWS, len(values)))
    low, high = np.quantile(drawn.mean(1), [(1 - _SHARE) / 2, (1 + _SHARE) / 2])
    return float(low), float(high)
