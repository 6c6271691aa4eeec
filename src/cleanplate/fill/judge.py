"""What each other frame would put in the hole, and how far it may be believed.

A candidate is believed for how well the same map predicts what is seen around the hole (after
its exposure has been matched there), for whether what it sampled really moves with the layer
that the map follows, and for being near in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, crop
from cleanplate.fill.smooth import spread

#: Ring statistics are gathered in cells of this many working pixels.
CELL = 4
#: Error in grey levels that is assumed where nothing can be compared.
WORST = 60.0
#: Width in working pixels over which a source fades out at the edge of what it saw.
_FADE = 7
#: Difference in grey levels beyond which a ring pixel says nothing about exposure.
_SAME_THING = 24.0
#: Pixels that say that the exposure is the same, besides those that are compared.
_PRIOR = 50.0


@dataclass
class Candidates:
    """Everything that K maps into other frames offer for one box.

    Attributes:
        source: int32 (K,), index of the frame.
        distance: float32 (K,), |source - target| in frames.
        layer: int8 (K,), the motion layer that was followed.
        grid: float32 (K, bh, bw, 2), source coordinates in working pixels.
        colour: float32 (K, bh, bw, 3), sampled and exposure-matched.
        offset: float32 (K, 3), what matching the exposure added.
        valid: bool (K, bh, bw), the source saw this pixel.
        fade: float32 (K, bh, bw), 1 well inside what the source saw, towards 0 at its edge, so
            that one source gives way to the next without a seam.
        ring: float32 (K, bh, bw), error around the hole, spread into it, in grey levels.
        own: float32 (K, bh, bw), how badly the followed layer explains what was sampled.
        rival: float32 (K, bh, bw), how badly the other layer does.
    """

    source: np.ndarray
    distance: np.ndarray
    layer: np.ndarray
    grid: np.ndarray
    colour: np.ndarray
    offset: np.ndarray
    valid: np.ndarray
    fade: np.ndarray
    ring: np.ndarray
    own: np.ndarray
    rival: np.ndarray


@njit(cache=True, nogil=True, fastmath=True)
def _exposure(target, colour, usable):  # pragma: no cover - compiled
    """What each candidate's exposure lacks, from all that it shares with the target.

    One offset for a whole candidate: a local one would carry the shade that a removed object
    casts around itself into the hole (8 dB on a still camera).
    """
    count, height, width, _ = colour.shape
    out = np.zeros((count, 3), np.float32)
    for k in range(count):
        mass = _PRIOR
        total = np.zeros(3, np.float64)
        for y in range(height):
            for x in range(width):
                if not usable[k, y, x]:
                    continue
                error = 0.0
                for c in range(3):
                    error += abs(target[y, x, c] - colour[k, y, x, c])
                trust = np.exp(-((error / (3.0 * _SAME_THING)) ** 2))
                mass += trust
                for c in range(3):
                    total[c] += trust * (target[y, x, c] - colour[k, y, x, c])
        for c in range(3):
            out[k, c] = total[c] / mass
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _ring_error(target, colour, usable, cell):  # pragma: no cover - compiled
    """Per cell: sums of the absolute difference, and the number of pixels compared."""
    count, height, width, _ = colour.shape
    rows, cols = (height + cell - 1) // cell, (width + cell - 1) // cell
    out = np.zeros((rows, cols, count, 2), np.float32)
    for k in range(count):
        for y in range(height):
            for x in range(width):
                if not usable[k, y, x]:
                    continue
                error = 0.0
                for c in range(3):
                    error += abs(target[y, x, c] - colour[k, y, x, c])
                cellout = out[y // cell, x // cell, k]
                cellout[0] += min(error / 3.0, WORST)
                cellout[1] += 1.0
    return out


def _spread_cells(sums: np.ndarray, prior: float, shape: tuple[int, int]) -> np.ndarray:
    """Cell sums (rows, cols, K, n + 1) with the mass last, to means (K, h, w, n)."""
    rows, cols, count, channels = sums.shape
    mean = spread(sums[..., :-1], sums[..., -1:], prior, 1e-4 * CELL * CELL)
    out = np.empty((count, *shape, channels - 1), np.float32)
    for k in range(count):
        # Cells are aligned to the corner of the box; the last ones may reach beyond it.
        full = cv2.resize(
            np.ascontiguousarray(mean[:, :, k]), (cols * CELL, rows * CELL),
            interpolation=cv2.INTER_LINEAR,
        )  # fmt: skip
        out[k] = full[: shape[0], : shape[1]].reshape(*shape, channels - 1)
    return out


def gather(
    target: WorkFrame,
    box: Box,
    sources: list[tuple[WorkFrame, int, np.ndarray, tuple[np.ndarray, np.ndarray]]],
) -> Candidates:
    """Sample every source at its map and judge it by the ring around the hole.

    Args:
        target: the frame with the hole.
        box: the region that the maps cover.
        sources: (frame, layer, map float32 (bh, bw, 2), (error of layer 0, of layer 1)) each.
    """
    height, width = box[1] - box[0], box[3] - box[2]
    count = len(sources)
    colour = np.empty((count, height, width, 3), np.float32)
    valid = np.empty((count, height, width), bool)
    fade = np.empty((count, height, width), np.float32)
    own = np.empty((count, height, width), np.float32)
    rival = np.empty((count, height, width), np.float32)
    grids = np.empty((count, height, width, 2), np.float32)
    for k, (frame, layer, grid, errors) in enumerate(sources):
        colour[k] = cv2.remap(
            frame.rgb, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        hidden = cv2.remap(
            frame.near_hole.astype(np.uint8) * 255, grid, None, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=255,
        )  # fmt: skip
        valid[k] = hidden == 0
        fade[k] = cv2.blur(valid[k].astype(np.float32), (_FADE, _FADE))
        for out, error in ((own, errors[layer]), (rival, errors[1 - layer])):
            out[k] = cv2.remap(
                error, grid, None, cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT, borderValue=40,
            )  # fmt: skip
        grids[k] = grid
    own_view = crop(target.rgb, box).astype(np.float32)
    usable = valid & ~crop(target.near_hole, box)
    offset = _exposure(own_view, colour, usable)
    colour += offset[:, None, None, :]
    ring = _spread_cells(_ring_error(own_view, colour, usable, CELL), WORST, (height, width))
    return Candidates(
        source=np.array([s[0].index for s in sources], np.int32),
        distance=np.array([abs(s[0].index - target.index) for s in sources], np.float32),
        layer=np.array([s[1] for s in sources], np.int8),
        grid=grids,
        colour=colour,
        offset=offset,
        valid=valid,
        fade=fade,
        ring=ring[..., 0],
        own=own,
        rival=rival,
    )


#: Sources of each layer that are kept for the picture.
KEPT_SOURCES = 6
#: Names of the per-layer evidence, in the order of the last axis of `Means.evidence`.
EVIDENCE = ("log_weight", "ring", "best_ring", "own", "rival", "distance", "spread", "number")
#: Grey levels of ring error that cost a candidate a factor e of its weight.
_RING_SCALE = 3.0
#: Spread in grey levels at which candidates count as showing different things.
_DISAGREE = 8.0
#: Power of a candidate's weight in the detail: where all agree, and how much more where not.
_POWER, _POWER_APART = 3.5, 9.0
#: Frames of distance that cost a candidate a factor e.
_TIME_SCALE = 20.0


@dataclass
class Means:
    """What each layer would put at each pixel of the box, and the evidence for it.

    Attributes:
        colour: float32 (L, bh, bw, 3), the weighted mean of the layer's candidates.
        evidence: float32 (L, bh, bw, len(EVIDENCE)).
        top: int16 (L, bh, bw, KEPT_SOURCES), the best candidates, -1 for none.
        weight: float32 like `top`, summing to 1 where there is any.
    """

    colour: np.ndarray
    evidence: np.ndarray
    top: np.ndarray
    weight: np.ndarray


@njit(cache=True, nogil=True, fastmath=True)
def _layer_means(
    hole, smooth, layer, distance, colour, valid, fade, ring, own, rival, layers, keep
):  # pragma: no cover - compiled
    count, height, width, _ = colour.shape
    mean = np.zeros((layers, height, width, 3), np.float32)
    evidence = np.zeros((layers, height, width, 8), np.float32)
    top = np.full((layers, height, width, keep), -1, np.int16)
    share = np.zeros((layers, height, width, keep), np.float32)
    weights = np.zeros(count, np.float32)
    for y in range(height):
        for x in range(width):
            if not hole[y, x]:
                continue
            for level in range(layers):
                mass = 0.0
                number = 0
                best_ring = WORST
                total = np.zeros(6, np.float32)
                rgb = np.zeros(3, np.float32)
                for k in range(count):
                    weights[k] = 0.0
                    if layer[k] != level or not valid[k, y, x]:
                        continue
                    stranger = max(own[k, y, x] - rival[k, y, x], 0.0)
                    cost = min(ring[k, y, x] + stranger, 40.0) / _RING_SCALE
                    inside = max(2.0 * fade[k, y, x] - 1.0, 0.02)
                    w = inside * np.exp(-cost - distance[k] / _TIME_SCALE) + 1e-9
                    weights[k] = w
                    mass += w
                    number += 1
                    best_ring = min(best_ring, ring[k, y, x])
                    for c in range(3):
                        rgb[c] += w * colour[k, y, x, c]
                    total[0] += w * ring[k, y, x]
                    total[1] += w * own[k, y, x]
                    total[2] += w * rival[k, y, x]
                    total[3] += w * distance[k]
                if number == 0:
                    for c in range(3):
                        mean[level, y, x, c] = smooth[y, x, c]
                    evidence[level, y, x, 0] = -20.0
                    evidence[level, y, x, 1] = WORST
                    evidence[level, y, x, 2] = WORST
                    evidence[level, y, x, 3] = 40.0
                    evidence[level, y, x, 4] = 40.0
                    evidence[level, y, x, 5] = 40.0
                    continue
                for c in range(3):
                    rgb[c] /= mass
                    mean[level, y, x, c] = rgb[c]
                spread_ = 0.0
                for k in range(count):
                    if weights[k] > 0.0:
                        for c in range(3):
                            d = colour[k, y, x, c] - rgb[c]
                            spread_ += weights[k] * d * d
                e = evidence[level, y, x]
                e[0] = np.log(mass + 1e-9)
                e[1] = total[0] / mass
                e[2] = best_ring
                e[3] = total[1] / mass
                e[4] = total[2] / mass
                e[5] = total[3] / mass
                e[6] = np.sqrt(spread_ / (3.0 * mass))
                e[7] = number
                # Where the candidates agree their mean is as sharp as each and has less noise;
                # where they do not, detail comes from the best few.
                power = _POWER + _POWER_APART * min(e[6] / _DISAGREE, 1.0)
                kept = 0.0
                top_weight = 1.0
                for n in range(keep):
                    best = -1
                    for k in range(count):
                        if weights[k] > 0.0 and (best < 0 or weights[k] > weights[best]):
                            best = k
                    if best < 0:
                        break
                    if n == 0:
                        top_weight = weights[best]
                    top[level, y, x, n] = best
                    share[level, y, x, n] = (weights[best] / top_weight) ** power
                    kept += share[level, y, x, n]
                    weights[best] = 0.0
                for n in range(keep):
                    share[level, y, x, n] /= kept
    return mean, evidence, top, share


def layer_means(candidates: Candidates, hole: np.ndarray, smooth: np.ndarray, layers: int) -> Means:
    """Weigh the candidates of each layer against each other.

    Args:
        candidates: from `gather`.
        hole: bool (bh, bw).
        smooth: float32 (bh, bw, 3), taken where a layer offers nothing.
        layers: number of motion layers, 1 or 2.
    """
    return Means(
        *_layer_means(
            hole, smooth, candidates.layer, candidates.distance, candidates.colour,
            candidates.valid, candidates.fade, candidates.ring, candidates.own, candidates.rival,
            layers, KEPT_SOURCES,
        )
    )  # fmt: skip
