"""Decide, for each pixel of the hole, how far to believe each layer and the smooth fill.

A small perceptron looks at the evidence for each layer, close by and around, and shares belief
out among the layers and the smooth fill. It was trained on generated motion alone
(`python -m bench.train_gate`); its few thousand weights are part of the package.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, crop, half_box
from cleanplate.fill.judge import WORST, Means
from cleanplate.fill.motion import PACKED
from cleanplate.fill.smooth import spread

#: What one unit of each kind of evidence is divided by.
_UNIT = np.array([10, 20, 20, 10, 10, 20, 20, 20], np.float32)
#: Evidence of a layer that offers nothing.
_NOTHING = np.array([-20, WORST, WORST, 40, 40, 40, 0, 0], np.float32)
#: Kinds of evidence that are looked at around a pixel as well.
_SHARED = [0, 1, 6, 7]
#: What belief in the smooth fill is multiplied by. The perceptron was fitted to squared error, which
#: would rather have a smear than a texture half a pixel off its place; eyes would not.
_SMEAR = np.float32(np.exp(-0.5))
#: Standard deviation, in working pixels, over which belief is evened out: specks of it would show.
_EVEN = 1.5
#: Surroundings that are looked at: working pixels of a cell, and standard deviation in cells.
_AROUND = ((2, 2.0), (4, 3.0))


def features(means: Means, frame: WorkFrame, box: Box, around: np.ndarray) -> np.ndarray:
    """What the gate sees of each pixel in the hole.

    Args:
        means: the layers' offers.
        frame: the frame, for its hole and its smooth fill.
        box: the region.
        around: see `seen_around`.

    Returns:
        float32 (n, FEATURES), a row for each hole pixel in reading order.
    """
    hole = crop(frame.work_hole, box)
    ys, xs = np.nonzero(hole)
    offers = [picture[ys, xs] for picture in (*means.colour, frame.smooth)]
    first, second, smooth = offers[0], offers[-2], offers[-1]
    evidence = [e[ys, xs] for e in means.evidence]
    if len(evidence) == 1:
        evidence.append(np.broadcast_to(_NOTHING, evidence[0].shape))
    evidence = [e / _UNIT for e in evidence]
    apart = np.stack(
        [
            np.abs(a - b).mean(axis=1)
            for a, b in ((first, smooth), (second, smooth), (first, second))
        ],
        axis=1,
    ) / np.float32(40)
    here = np.concatenate([*(e[:, _SHARED] for e in evidence), apart], axis=1)
    near = [_mean_around(here, ys, xs, hole.shape, cell, sigma) for cell, sigma in _AROUND]
    deep = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)[ys, xs, None]
    deepest = np.full_like(deep, deep.max() / 20)
    seen = around[ys, xs]
    rows = np.concatenate([*evidence, apart, *near, deep / 10, deepest, seen], axis=1)
    return np.clip(rows, -3, 4).astype(np.float32)


def _mean_around(
    rows: np.ndarray,
    ys: np.ndarray,
    xs: np.ndarray,
    shape: tuple[int, int],
    cell: int,
    sigma: float,
) -> np.ndarray:
    """Local means over the hole, for each of its pixels.

    Args:
        rows: float32 (n, c), the values of the pixels.
        ys, xs: int (n,), where they are.
        shape: of the region.
        cell: pixels of the cells that are averaged first: what is wide needs no finer ones.
        sigma: standard deviation in cells.
    """
    size = -(-shape[0] // cell), -(-shape[1] // cell)
    sums = cv2.GaussianBlur(_cell_sums(rows, ys, xs, size, cell), (0, 0), sigma)
    return _between_cells(sums, ys, xs, cell)


@njit(cache=True, nogil=True, fastmath=True)
def _cell_sums(rows, ys, xs, size, cell):  # pragma: no cover - compiled
    """Sums of the rows in each cell, and the number of them as the last channel."""
    count, channels = rows.shape
    out = np.zeros((size[0], size[1], channels + 1), np.float32)
    for i in range(count):
        cell_ = out[ys[i] // cell, xs[i] // cell]
        for c in range(channels):
            cell_[c] += rows[i, c]
        cell_[channels] += np.float32(1.0)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _between_cells(sums, ys, xs, cell):  # pragma: no cover - compiled
    """The means of the cells, bilinear between their middles, for each pixel."""
    height, width, channels = sums.shape
    out = np.empty((ys.size, channels - 1), np.float32)
    for i in range(ys.size):
        y = min(max((ys[i] + np.float32(0.5)) / cell - np.float32(0.5), 0), height - 1)
        x = min(max((xs[i] + np.float32(0.5)) / cell - np.float32(0.5), 0), width - 1)
        y0, x0 = int(y), int(x)
        y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
        fy, fx = y - y0, x - x0
        ways = ((1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx)
        corners = (sums[y0, x0], sums[y0, x1], sums[y1, x0], sums[y1, x1])
        mass = np.float32(1e-4)
        for k in range(4):
            mass += ways[k] * corners[k][channels - 1]
        for c in range(channels - 1):
            total = np.float32(0.0)
            for k in range(4):
                total += ways[k] * corners[k][c]
            out[i, c] = total / mass
    return out


def seen_around(frame: WorkFrame, box: Box, own: np.ndarray) -> np.ndarray:
    """How the layers explain what is seen around the hole, spread into it.

    Args:
        frame: the frame.
        box: the region.
        own: uint8, `Window.errors` of the frame, in the box.

    Returns:
        float32 (bh, bw, 4): the error of either layer in tens of grey levels, and the shares that the other
        layer explains better than the first by two, and the first than the other.
    """
    half = half_box(box)
    seen = (~crop(frame.near_gray, half)).astype(np.float32)
    error = own.astype(np.float32) * (1 / PACKED)
    kinds = np.dstack(
        [error / 10, error[..., 0] > error[..., 1] + 2, error[..., 1] > error[..., 0] + 2]
    ).astype(np.float32)
    height, width = seen.shape
    small = (max(2, width // 2), max(2, height // 2))
    total = cv2.resize(kinds * seen[..., None], small, interpolation=cv2.INTER_AREA)
    mass = cv2.resize(seen, small, interpolation=cv2.INTER_AREA)
    mean = spread(total, mass[..., None], 0.0, 1e-4)
    height, width = box[1] - box[0], box[3] - box[2]
    return cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)


@cache
def _weights() -> list[np.ndarray]:
    """The perceptron's matrices, inputs by outputs, with the bias as the last input."""
    with resources.files(__package__).joinpath("gate.npz").open("rb") as file:
        table = np.load(file, allow_pickle=False)
        return [table[f"layer{i}"].astype(np.float32) for i in range(len(table.files))]


def belief(rows: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Run the perceptron: float32 (n, FEATURES) to (n, 3), each row summing to 1."""
    value = rows
    for i, matrix in enumerate(weights):
        value = _linear(value, matrix)
        if i < len(weights) - 1:
            value = np.maximum(value, 0.1 * value)
    value = np.exp(value - value.max(axis=1, keepdims=True))
    return value / value.sum(axis=1, keepdims=True)


@njit(cache=True, nogil=True, fastmath=True)
def _linear(rows, matrix):  # pragma: no cover - compiled
    """One layer. So small that starting the threads of a BLAS costs more than the work does."""
    count, channels = rows.shape
    out = np.empty((count, matrix.shape[1]), np.float32)
    for i in range(count):
        for j in range(matrix.shape[1]):
            out[i, j] = matrix[channels, j]
        for c in range(channels):
            value = rows[i, c]
            for j in range(matrix.shape[1]):
                out[i, j] += value * matrix[c, j]
    return out


def decide(means: Means, frame: WorkFrame, box: Box, around: np.ndarray) -> np.ndarray:
    """Share belief out among the layers and the smooth fill.

    Returns:
        float32 (bh, bw, L + 1), summing to 1: belief in each layer, then in the smooth fill.
    """
    hole = crop(frame.work_hole, box)
    layers = means.colour.shape[0]
    believed = belief(features(means, frame, box, around), _weights())
    believed[:, -1] *= _SMEAR
    offered = means.evidence[:, hole, 7].T > 0
    share = np.zeros((*hole.shape, layers + 1), np.float32)
    share[hole] = _shared(believed[:, [*range(layers), -1]], offered)
    even = cv2.GaussianBlur(share, (0, 0), _EVEN)
    share[..., -1] = 1
    share[hole] = _shared(even[hole], offered)
    return share


def _shared(belief: np.ndarray, offered: np.ndarray) -> np.ndarray:
    """Belief (n, L + 1) with nothing for what is not offered (n, L), its rows summing to 1."""
    rows = np.concatenate([belief[:, :-1] * offered, belief[:, -1:] + 1e-6], axis=1)
    return rows / rows.sum(axis=1, keepdims=True)
