"""Compiled loops of tracking."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def count_votes(cosine, share, ends, neighbours, temperature, result):
    """Fill `result` (groups, n) with the mean share, by softmax, of each row's best columns, of
    those before each of `ends`."""
    best = np.empty(neighbours, np.float32)
    whose = np.empty(neighbours, np.int64)
    for row in range(cosine.shape[0]):
        found = 0
        for group in range(len(ends)):
            for column in range(ends[group - 1] if group else 0, ends[group]):
                likeness = cosine[row, column]
                if found == neighbours and likeness <= best[found - 1]:
                    continue
                found = min(found + 1, neighbours)
                place = found - 1
                while place > 0 and best[place - 1] < likeness:
                    best[place], whose[place] = best[place - 1], whose[place - 1]
                    place -= 1
                best[place], whose[place] = likeness, column
            total = value = np.float32(0)
            for place in range(found):
                weight = np.exp((best[place] - best[0]) / temperature)
                total += weight
                value += weight * share[whose[place]]
            result[group, row] = value / total
