"""What each other frame would put in the hole, and how far it may be believed.

A candidate is believed for how well the same map predicts what is seen around the hole (after
its exposure has been matched there), for whether what it sampled really moves with the layer
that the map follows, and for being near in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import crop, half_size
from cleanplate.fill.motion import PACKED
from cleanplate.fill.smooth import spread

#: Ring statistics are gathered in cells of this many working pixels.
CELL = 4
#: Error in grey levels that is assumed where nothing can be compared.
WORST = 60.0
#: Width in working pixels over which a source fades out at the edge of what it saw.
_FADE = 3
#: Difference in grey levels beyond which a ring pixel says nothing about exposure.
_SAME_THING = 24.0
#: Pixels that say that the exposure is the same, besides those that are compared.
_PRIOR = 50.0
#: How far a pixel whose three colours differ by so many grey levels in all says something of it.
_TRUST = np.exp(-((np.arange(766, dtype=np.float32) / (3 * _SAME_THING)) ** 2))
#: Grey levels by which nothing explains what lies beyond the frame.
_STRANGE = 40


class Source(NamedTuple):
    """A frame to look in, and the way there.

    Attributes:
        frame: the frame.
        layer: the motion layer that is followed to it.
        grid: float32 (bh, bw, 2), source coordinates in working pixels.
        errors: `Window.errors` of the frame.
        hidden: `Window.hidden` of it.
    """

    frame: WorkFrame
    layer: int
    grid: np.ndarray
    errors: np.ndarray
    hidden: np.ndarray


@dataclass
class Candidates:
    """Everything that K maps into other frames offer for one box.

    What each offers is kept in bytes: there are some forty, and reading them is most of the work.

    Attributes:
        source: int32 (K,), index of the frame.
        distance: float32 (K,), |source - target| in frames.
        layer: int8 (K,), the motion layer that was followed.
        grid: float32 (K, bh, bw, 2), source coordinates in working pixels.
        colour: uint8 (K, bh, bw, 3), as sampled.
        offset: float32 (K, 3), what matching its exposure adds.
        fade: uint8 (K, bh, bw), 255 well inside what the source saw, towards 1 at its edge, so
            that one source gives way to the next without a seam; 0 where it saw nothing.
        ring: float32 (K, bh, bw), error around the hole, spread into it, in grey levels.
        unlike: uint8 (K, hh, hw, 2), at half the resolution: how badly the followed layer explains
            what was sampled, and how badly the other one does, in steps of 1 / PACKED grey levels.
    """

    source: np.ndarray
    distance: np.ndarray
    layer: np.ndarray
    grid: np.ndarray
    colour: np.ndarray
    offset: np.ndarray
    fade: np.ndarray
    ring: np.ndarray
    unlike: np.ndarray


def exposure(
    target: np.ndarray, colour: np.ndarray, fade: np.ndarray, near: np.ndarray, step: int
) -> np.ndarray:
    """What each candidate's exposure lacks.

    Args:
        target: uint8 (h, w, 3), what the frame shows.
        colour: uint8 (K, h, w, 3), what each candidate does.
        fade: uint8 (K, h, w), 0 where it shows nothing.
        near: bool (h, w), where the frame itself does not show the background.
        step: how many pixels to go on, down and across, to the next that is compared.

    Returns:
        float32 (K, 3), grey levels.
    """
    return _exposure(target, colour, fade, near, _TRUST, step)


@njit(cache=True, nogil=True, fastmath=True)
def _exposure(target, colour, fade, near, trust, step):  # pragma: no cover - compiled
    """What each candidate's exposure lacks, from every `step`-th pixel that both show.

    One offset for a whole candidate: a local one would carry the shade that a removed object
    casts around itself into the hole (8 dB on a still camera).

    `trust` holds how far a pixel is believed, by the sum of its differences.
    """
    count, height, width, _ = colour.shape
    out = np.zeros((count, 3), np.float32)
    for k in range(count):
        mass = np.float32(_PRIOR / (step * step))
        total = np.zeros(3, np.float32)
        for y in range(0, height, step):
            for x in range(0, width, step):
                if near[y, x] or fade[k, y, x] == 0:
                    continue
                r = np.int32(target[y, x, 0]) - np.int32(colour[k, y, x, 0])
                g = np.int32(target[y, x, 1]) - np.int32(colour[k, y, x, 1])
                b = np.int32(target[y, x, 2]) - np.int32(colour[k, y, x, 2])
                believed = trust[abs(r) + abs(g) + abs(b)]
                mass += believed
                total[0] += believed * r
                total[1] += believed * g
                total[2] += believed * b
        for c in range(3):
            out[k, c] = total[c] / mass
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _ring_error(target, colour, offset, fade, near, cell):  # pragma: no cover - compiled
    """Per cell: sums of the absolute difference, and the number of pixels compared."""
    count, height, width, _ = colour.shape
    rows, cols = (height + cell - 1) // cell, (width + cell - 1) // cell
    out = np.zeros((rows, cols, count, 2), np.float32)
    for k in range(count):
        r, g, b = offset[k]
        for y in range(height):
            row = y // cell
            for col in range(cols):
                total = number = np.float32(0.0)
                for x in range(col * cell, min((col + 1) * cell, width)):
                    if near[y, x] or fade[k, y, x] == 0:
                        continue
                    error = abs(np.float32(target[y, x, 0]) - np.float32(colour[k, y, x, 0]) - r)
                    error += abs(np.float32(target[y, x, 1]) - np.float32(colour[k, y, x, 1]) - g)
                    error += abs(np.float32(target[y, x, 2]) - np.float32(colour[k, y, x, 2]) - b)
                    total += min(error * np.float32(1 / 3), WORST)
                    number += np.float32(1.0)
                out[row, col, k, 0] += total
                out[row, col, k, 1] += number
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


def gather(target: WorkFrame, hidden: np.ndarray, sources: list[Source]) -> Candidates:
    """Sample every source at its map and judge it by the ring around the hole.

    Args:
        target: the frame with the hole.
        hidden: `Window.hidden` of it.
        sources: where to look for what is in its box.
    """
    box = target.box
    height, width = box[1] - box[0], box[3] - box[2]
    count = len(sources)
    colour = np.empty((count, height, width, 3), np.uint8)
    fade = np.empty((count, height, width), np.uint8)
    unlike = np.empty((count, *half_size(height, width), 2), np.uint8)
    grids = np.empty((count, height, width, 2), np.float32)
    for k, (frame, layer, grid, errors, unseen) in enumerate(sources):
        grids[k] = grid
        cv2.remap(
            frame.rgb, grids[k], None, cv2.INTER_LINEAR, dst=colour[k],
            borderMode=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        veiled = cv2.remap(
            unseen.view(np.uint8) * np.uint8(255), grids[k], None, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=255,
        )  # fmt: skip
        _, seen = cv2.threshold(veiled, 0, 255, cv2.THRESH_BINARY_INV)
        # At its own pixels a blur of what is seen is never 0.
        np.bitwise_and(cv2.blur(seen, (_FADE, _FADE)), seen, out=fade[k])
        # Every second pixel of the map, in pixels of the half resolution.
        cv2.remap(
            errors if layer == 0 else errors[..., ::-1], 0.5 * grid[::2, ::2], None,
            cv2.INTER_LINEAR, dst=unlike[k], borderMode=cv2.BORDER_CONSTANT,
            borderValue=(_STRANGE * PACKED, _STRANGE * PACKED),
        )  # fmt: skip
    own_view, near = crop(target.rgb, box), crop(hidden, box)
    offset = exposure(own_view, colour, fade, near, 2)
    sums = _ring_error(own_view, colour, offset, fade, near, CELL)
    return Candidates(
        source=np.array([s.frame.index for s in sources], np.int32),
        distance=np.array([abs(s.frame.index - target.index) for s in sources], np.float32),
        layer=np.array([s.layer for s in sources], np.int8),
        grid=grids,
        colour=colour,
        offset=offset,
        fade=fade,
        ring=_spread_cells(sums, WORST, (height, width))[..., 0],
        unlike=unlike,
    )


#: Sources of each layer that are kept for the picture.
KEPT_SOURCES = 6
#: Names of the per-layer evidence, in the order of the last axis of `Means.evidence`.
EVIDENCE = ("log_weight", "ring", "best_ring", "own", "rival", "distance", "spread", "number")
#: Grey levels of ring error that cost a candidate a factor e of its weight.
_RING_SCALE = 2.5
#: Spread in grey levels at which candidates count as showing different things.
_DISAGREE = 8.0
#: Power of a candidate's weight in the detail: where all agree, and how much more where not.
_POWER, _POWER_APART = 3.5, 9.0
#: Frames of distance that cost a candidate a factor e.
_TIME_SCALE = 12.0


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
    hole, smooth, layer, distance, colour, offset, fade, ring, unlike, layers, keep
):  # pragma: no cover - compiled
    count, height, width, _ = colour.shape
    mean = np.zeros((layers, height, width, 3), np.float32)
    evidence = np.zeros((layers, height, width, 8), np.float32)
    top = np.full((layers, height, width, keep), -1, np.int16)
    share = np.zeros((layers, height, width, keep), np.float32)
    weights = np.zeros(count, np.float32)
    unit = np.float32(1.0 / PACKED)
    late = np.exp(-distance / np.float32(_TIME_SCALE))
    total, rgb = np.empty(4, np.float32), np.empty(3, np.float32)
    for y in range(height):
        for x in range(width):
            if not hole[y, x]:
                continue
            for level in range(layers):
                mass = np.float32(0.0)
                number = 0
                best_ring = np.float32(WORST)
                square = np.float32(0.0)
                total[:] = 0
                rgb[:] = 0
                for k in range(count):
                    weights[k] = 0.0
                    if layer[k] != level or fade[k, y, x] == 0:
                        continue
                    own = unit * unlike[k, y >> 1, x >> 1, 0]
                    rival = unit * unlike[k, y >> 1, x >> 1, 1]
                    around = ring[k, y, x]
                    cost = min(around + max(own - rival, 0.0), 40.0) * np.float32(1 / _RING_SCALE)
                    inside = max(fade[k, y, x] * np.float32(2 / 255) - 1, np.float32(0.02))
                    w = inside * late[k] * np.exp(-cost) + np.float32(1e-9)
                    weights[k] = w
                    mass += w
                    number += 1
                    best_ring = min(best_ring, around)
                    for c in range(3):
                        value = colour[k, y, x, c] + offset[k, c]
                        rgb[c] += w * value
                        square += w * value * value
                    total[0] += w * around
                    total[1] += w * own
                    total[2] += w * rival
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
                square /= mass
                for c in range(3):
                    rgb[c] /= mass
                    mean[level, y, x, c] = rgb[c]
                    square -= rgb[c] * rgb[c]
                e = evidence[level, y, x]
                e[0] = np.log(mass + 1e-9)
                e[1] = total[0] / mass
                e[2] = best_ring
                e[3] = total[1] / mass
                e[4] = total[2] / mass
                e[5] = total[3] / mass
                e[6] = np.sqrt(max(square, np.float32(0.0)) / 3)
                e[7] = number
                # Where the candidates agree their mean is as sharp as each and has less noise;
                # where they do not, detail comes from the best few.
                power = _POWER + _POWER_APART * min(e[6] / _DISAGREE, 1.0)
                kept = np.float32(0.0)
                top_weight = np.float32(1.0)
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
            candidates.offset, candidates.fade, candidates.ring, candidates.unlike,
            layers, KEPT_SOURCES,
        )
    )  # fmt: skip
