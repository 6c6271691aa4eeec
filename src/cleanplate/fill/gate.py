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

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, crop
from cleanplate.fill.judge import EVIDENCE, WORST, Means
from cleanplate.fill.smooth import spread

#: What one unit of each kind of evidence is divided by.
_UNIT = np.array([10, 20, 20, 10, 10, 20, 20, 20], np.float32)
#: Evidence of a layer that offers nothing.
_NOTHING = np.array([-20, WORST, WORST, 40, 40, 40, 0, 0], np.float32)
#: Standard deviations, in working pixels, of the surroundings that are looked at.
_AROUND = (4.0, 12.0)


def features(
    means: Means, frame: WorkFrame, box: Box, own: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """What the gate sees of each pixel in the hole.

    Args:
        means: the layers' offers.
        frame: the frame, for its hole and its smooth fill.
        box: the region.
        own: float32 (bh, bw) each, how badly each layer explains what the frame shows around.

    Returns:
        float32 (n, FEATURES), a row for each hole pixel in reading order.
    """
    hole = crop(frame.work_hole, box)
    layers = means.colour.shape[0]
    evidence = np.empty((2, *hole.shape, len(EVIDENCE)), np.float32)
    evidence[:] = _NOTHING
    evidence[:layers] = means.evidence
    colour = [means.colour[min(k, layers - 1)] for k in (0, 1)]
    differences = np.stack(
        [
            np.abs(colour[0] - frame.smooth).mean(axis=2),
            np.abs(colour[1] - frame.smooth).mean(axis=2),
            np.abs(colour[0] - colour[1]).mean(axis=2),
        ],
        axis=-1,
    )
    planes = [*(evidence / _UNIT), differences / 40]
    inside = hole.astype(np.float32)
    around = np.concatenate(
        [evidence[0][..., [0, 1, 6, 7]], evidence[1][..., [0, 1, 6, 7]], differences], axis=-1
    )
    around /= np.array([10, 20, 20, 20, 10, 20, 20, 20, 40, 40, 40], np.float32)
    for sigma in _AROUND:
        planes.append(_mean_inside(around, inside, sigma))
    deep = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    planes.append((deep / 10)[..., None])
    planes.append(np.full((*hole.shape, 1), deep.max() / 20, np.float32))
    planes.append(_seen_around(frame, box, own))
    rows = np.concatenate([plane[hole] for plane in planes], axis=1)
    return np.clip(rows, -3, 4).astype(np.float32)


def _mean_inside(plane: np.ndarray, inside: np.ndarray, sigma: float) -> np.ndarray:
    size = 2 * int(2 * sigma + 0.5) + 1
    total = cv2.GaussianBlur(plane * inside[..., None], (size, size), sigma)
    mass = cv2.GaussianBlur(inside, (size, size), sigma)
    return total / np.maximum(mass, 1e-4)[..., None]


def _seen_around(frame: WorkFrame, box: Box, own: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """How the layers explain what is seen around the hole, spread into it."""
    seen = (~crop(frame.near_hole, box)).astype(np.float32)
    kinds = np.stack(
        [own[0] / 10, own[1] / 10, own[0] > own[1] + 2, own[1] > own[0] + 2], axis=-1
    ).astype(np.float32)
    height, width = seen.shape
    small = (max(2, width // 4), max(2, height // 4))
    total = cv2.resize(kinds * seen[..., None], small, interpolation=cv2.INTER_AREA)
    mass = cv2.resize(seen, small, interpolation=cv2.INTER_AREA)
    mean = spread(total, mass[..., None], 0.0, 1e-4)
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
        value = value @ matrix[:-1] + matrix[-1]
        if i < len(weights) - 1:
            value = np.maximum(value, 0.1 * value)
    value = np.exp(value - value.max(axis=1, keepdims=True))
    return value / value.sum(axis=1, keepdims=True)


def decide(
    means: Means, frame: WorkFrame, box: Box, own: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Share belief out among the layers and the smooth fill.

    Returns:
        float32 (bh, bw, L + 1), summing to 1: belief in each layer, then in the smooth fill.
    """
    hole = crop(frame.work_hole, box)
    layers = means.colour.shape[0]
    believed = belief(features(means, frame, box, own), _weights())
    offered = means.evidence[:, hole, 7].T > 0
    share = np.zeros((*hole.shape, layers + 1), np.float32)
    share[..., -1] = 1
    rows = np.concatenate([believed[:, :layers] * offered, believed[:, -1:] + 1e-6], axis=1)
    share[hole] = rows / rows.sum(axis=1, keepdims=True)
    return share
