"""A plan made into pixels, at the resolution of the clip.

Detail and tone are decided apart. Detail comes, sharp, from the best sources of the one layer
that is believed most; tone (everything coarser than a few working pixels) is the mean of what
all layers and the smooth fill offer, as far as each is believed. Where the evidence is poor the
tone leans on the smooth fill while the texture stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.filled import SYNTHESISED, grey_level
from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, crop
from cleanplate.fill.plan import Plan
from cleanplate.fill.settle import Blend

#: Standard deviation, in working pixels, that parts tone from detail.
TONE = 0.6
#: What every pixel around a place counts for at least, where some of them are in the hole.
_SOME = np.float32(1e-4)
#: Beyond any coordinate; fast arithmetic knows no infinity.
_NOWHERE = 1e30
#: The slope of cubic convolution at 1. The more negative, the more of what is fine is kept (-0.5 is usual),
#: and several sources mixed lose some of that anyway.
_CUBIC = -0.9


@dataclass(frozen=True)
class Detail:
    """What the sources of a plan's detail show, at the working resolution.

    Attributes:
        base: float32 (bh, bw, 3), the sources mixed as they are; the plan's soft picture where
            there are none.
        offset: float32 (bh, bw, 3), what matching their exposure adds.
    """

    base: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True)
class Painted:
    """A frame's hole made into pixels.

    Attributes:
        values: (n, 3), of the images' type, the pixels of the hole in the order of ``image[hole]``.
        origin: int32 (n,), the frame each was taken from, or SYNTHESISED.
        crisp: float32 (n,), the squared Laplacian of the best source where each was taken from, of the
            mean of its colours; below 0 where there is none.
    """

    values: np.ndarray
    origin: np.ndarray
    crisp: np.ndarray


def places(frame: WorkFrame, box: Box) -> tuple[np.ndarray, tuple[float, float]]:
    """Where the clip's pixels of a frame's hole lie in a box of working pixels.

    Returns:
        at: float32 (n, 2), y and x in working pixels, in the order of ``image[hole]``.
        scale: working pixels to a pixel of the clip, down and across.
    """
    hole = frame.hole
    height, width = frame.work_hole.shape
    scale = (height / hole.shape[0], width / hole.shape[1])
    y0, y1, x0, x1 = box
    ys, xs = np.nonzero(hole)
    at = np.empty((ys.size, 2), np.float32)
    at[:, 0] = np.clip((ys + 0.5) * scale[0] - 0.5 - y0, 0, y1 - y0 - 1)
    at[:, 1] = np.clip((xs + 0.5) * scale[1] - 0.5 - x0, 0, x1 - x0 - 1)
    return at, scale


def detail_of(plan: Plan, blend: Blend, frames: dict[int, WorkFrame]) -> Detail:
    """Mix the sources of a plan's detail.

    Args:
        plan: the plan.
        blend: the sources of its detail.
        frames: the frames that it looks at, by index.
    """
    ys, xs = np.nonzero(plan.layer >= 0)
    base = plan.soft.copy()
    base[ys, xs] = 0
    offset = np.zeros_like(base)
    _add_offset(ys, xs, blend.top, blend.weight, plan.offset, offset)
    for k in _used(blend):
        source = frames[int(plan.source[k])]
        _add_small(
            source.rgb, source.work_hole, k, plan.grid[k], ys, xs,
            blend.top, blend.weight, blend.shift, base,
        )  # fmt: skip
    return Detail(base, offset)


def tone_of(plan: Plan, settled: np.ndarray, detail: Detail) -> np.ndarray:
    """What to add to the sources and to the soft picture, each as far as it is taken: smooth at the scale of
    TONE.

    Of each layer's part of the hole by itself, with what is around the hole: where one layer gives
    way to another, or to the soft picture, the sources may differ in a step that the tone does not
    have, and a blur across it would leave a bright line on one side and a dark one on the other.

    Args:
        plan: the plan.
        settled: float32 (bh, bw, 3), its soft picture, made steady over time.
        detail: from `detail_of`.
    """
    hole = crop(plan.frame.work_hole, plan.box)
    # Outside the hole both are the picture itself, so the difference fades out at its border.
    lacks = np.where(hole[..., None], settled - detail.base - detail.offset, np.float32(0))
    counts = np.where(hole, 1 - plan.share, 1).astype(np.float32)
    tone = _coarse((settled - plan.soft) * counts[..., None])
    tone /= np.maximum(_coarse(counts), 1e-3)[..., None]
    for level in np.unique(plan.layer[hole]):
        if level < 0:
            continue
        own = hole & (plan.layer == level)
        share = plan.share[own][:, None]
        counts = np.where(own, plan.share, ~hole).astype(np.float32)
        mass = _coarse(counts)[own][:, None]
        beside = _coarse(lacks * counts[..., None])[own] / np.maximum(mass, 1e-3)
        tone[own] = share * (beside + detail.offset[own]) + (1 - share) * tone[own]
    return tone


def _coarse(picture: np.ndarray) -> np.ndarray:
    """What is coarser in it than detail."""
    size = 2 * int(3 * TONE + 0.5) + 1
    return cv2.GaussianBlur(picture, (size, size), TONE)


def _used(blend: Blend) -> np.ndarray:
    """The candidates that are mixed anywhere."""
    return np.unique(blend.top[blend.top >= 0])


@njit(cache=True, nogil=True, fastmath=True)
def _add_offset(ys, xs, top, weight, offset, out):  # pragma: no cover - compiled
    """Mix what matching the sources' exposure adds."""
    for p in range(ys.size):
        y, x = ys[p], xs[p]
        for n in range(top.shape[2]):
            k = top[y, x, n]
            if k < 0:
                break
            for c in range(3):
                out[y, x, c] += weight[y, x, n] * offset[k, c]


@njit(cache=True, nogil=True, fastmath=True)
def _add_small(
    image, hole, k, grid, ys, xs, top, weight, shift, out
):  # pragma: no cover - compiled
    """Add candidate `k`'s share at the working resolution, sampled between pixels."""
    rgb = np.zeros(3, np.float32)
    for p in range(ys.size):
        y, x = ys[p], xs[p]
        for n in range(top.shape[2]):
            if top[y, x, n] == k:
                v, u = grid[y, x, 1] + shift[y, x, n, 1], grid[y, x, 0] + shift[y, x, n, 0]
                if not _between_seen(image, hole, v, u, rgb):
                    _between_seen(image, hole, grid[y, x, 1], grid[y, x, 0], rgb)
                for c in range(3):
                    out[y, x, c] += weight[y, x, n] * rgb[c]


@njit(cache=True, nogil=True, fastmath=True)
def _first(at, size):  # pragma: no cover - compiled
    """The first of the two pixels that a place on an axis of `size` lies between, and how far from it to
    the next, 0..1."""
    first = max(min(int(at), size - 2), 0)
    return first, min(max(at - first, np.float32(0)), np.float32(1))


@njit(cache=True, nogil=True, fastmath=True)
def _between_seen(image, hole, y, x, out):  # pragma: no cover - compiled
    """Bilinear sample of (h, w, 3) `image`, written to `out`, of what is outside its hole alone.

    Returns whether there was any.
    """
    y0, fy = _first(y, image.shape[0])
    x0, fx = _first(x, image.shape[1])
    mass = np.float32(0)
    out[:] = 0
    for j in range(2):
        for i in range(2):
            v, u = min(y0 + j, image.shape[0] - 1), min(x0 + i, image.shape[1] - 1)
            if hole[v, u]:
                continue
            weight = (fy if j else 1 - fy) * (fx if i else 1 - fx) + _SOME
            mass += weight
            for c in range(3):
                out[c] += weight * image[v, u, c]
    if mass == 0:
        return False
    for c in range(3):
        out[c] /= mass
    return True


@njit(cache=True, nogil=True, fastmath=True)
def _cubic(t):  # pragma: no cover - compiled
    """Weights of cubic convolution (Keys, 1981) for the four samples around a position."""
    a = np.float32(_CUBIC)
    s = 1 - t
    first = a * t * s * s
    last = a * s * t * t
    second = ((a + 2) * t - (a + 3)) * t * t + 1
    return first, second, 1 - first - second - last, last


@njit(cache=True, nogil=True, fastmath=True)
def sample(image, corner, size, y, x, out, weight):  # pragma: no cover - compiled
    """Add `weight` times the bicubic sample at (y, x) of a picture of `size` to `out`; `image` is the
    part of it that begins at `corner`."""
    y0, x0 = int(np.floor(y)), int(np.floor(x))
    wy, wx = _cubic(y - y0), _cubic(x - x0)
    for j in range(4):
        v = min(max(y0 + j - 1, 0), size[0] - 1) - corner[0]
        for i in range(4):
            u = min(max(x0 + i - 1, 0), size[1] - 1) - corner[1]
            w = weight * wy[j] * wx[i]
            for c in range(3):
                out[c] += w * image[v, u, c]


def _met(hole: np.ndarray) -> np.ndarray:
    """Where a bicubic sample between a pixel and the next meets a hole, bool like it."""
    return cv2.dilate(hole.view(np.uint8), np.ones((4, 4), np.uint8), anchor=(1, 1)).view(bool)


@njit(cache=True, nogil=True, fastmath=True)
def _pixel(at, size):  # pragma: no cover - compiled
    """The pixel at or before a place on an axis of `size`."""
    return min(max(int(np.floor(at)), 0), size - 1)


@njit(cache=True, nogil=True, fastmath=True)
def _sample_seen(image, hole, near, corner, size, y, x, out, weight):  # pragma: no cover - compiled
    """`_sample`, of what is outside the picture's hole alone: right beside it, what is seen is interpolated.

    `hole` is the part of it that `image` is, and `near` where it is so close that a sample meets it.

    Returns whether there was any.
    """
    if not near[_pixel(y, size[0]) - corner[0], _pixel(x, size[1]) - corner[1]]:
        sample(image, corner, size, y, x, out, weight)
        return True
    beside = np.zeros(3, np.float32)
    found = _between_seen(image, hole, np.float32(y - corner[0]), np.float32(x - corner[1]), beside)
    if found:
        for c in range(3):
            out[c] += weight * beside[c]
    return found


@njit(cache=True, nogil=True, fastmath=True)
def _crispness(image, near, corner, size, y, x):  # pragma: no cover - compiled
    """The squared Laplacian at the pixel nearest to (y, x), as it is: what is sampled between pixels is
    softer. -1 where a hole is close. Arguments as of `_sample_seen`."""
    if near[_pixel(y, size[0]) - corner[0], _pixel(x, size[1]) - corner[1]]:
        return np.float32(-1)
    v = _pixel(y + np.float32(0.5), size[0]) - corner[0]
    u = _pixel(x + np.float32(0.5), size[1]) - corner[1]
    above, below = max(v - 1, -corner[0]), min(v + 1, size[0] - 1 - corner[0])
    left, right = max(u - 1, -corner[1]), min(u + 1, size[1] - 1 - corner[1])
    total = np.float32(0)
    for c in range(3):
        total += 4 * np.float32(image[v, u, c])
        total -= np.float32(image[above, u, c]) + np.float32(image[below, u, c])
        total -= np.float32(image[v, left, c]) + np.float32(image[v, right, c])
    return total * total * np.float32(1 / 9)


@njit(cache=True, nogil=True, fastmath=True)
def _between(field, wy, wx, out):  # pragma: no cover - compiled
    """Bilinear sample of (h, w, c) `field`, written to `out`; its border continues outwards."""
    y0, fy = _first(wy, field.shape[0])
    x0, fx = _first(wx, field.shape[1])
    y1, x1 = min(y0 + 1, field.shape[0] - 1), min(x0 + 1, field.shape[1] - 1)
    for c in range(field.shape[2]):
        above = field[y0, x0, c] * (1 - fx) + field[y0, x1, c] * fx
        below = field[y1, x0, c] * (1 - fx) + field[y1, x1, c] * fx
        out[c] = above * (1 - fy) + below * fy


@njit(cache=True, nogil=True, fastmath=True)
def _between_alike(field, layer, hole, wy, wx, out):  # pragma: no cover - compiled
    """`_between`, of what is of the layer of the nearest pixel, or outside the hole, alone: where layers
    meet, the tone of each makes up for a step between their sources."""
    own = layer[int(wy + np.float32(0.5)), int(wx + np.float32(0.5))]
    y0, fy = _first(wy, field.shape[0])
    x0, fx = _first(wx, field.shape[1])
    mass = np.float32(0)
    out[:] = 0
    for j in range(2):
        for i in range(2):
            y, x = y0 + j, x0 + i
            if hole[y, x] and layer[y, x] != own:
                continue
            weight = (fy if j else 1 - fy) * (fx if i else 1 - fx)
            mass += weight
            for c in range(3):
                out[c] += weight * field[y, x, c]
    for c in range(3):
        out[c] /= max(mass, np.float32(1e-6))


@njit(cache=True, nogil=True, fastmath=True)
def _reaches(count, grid, ys, xs, top, shift):  # pragma: no cover - compiled
    """The least and greatest source coordinates of what is sampled of each candidate.

    float32 (K, 4): y, y, x, x in working pixels, the first greater than the second where nothing is.
    """
    height, width, _ = top.shape
    out = np.empty((count, 4), np.float32)
    out[:, 0::2] = _NOWHERE
    out[:, 1::2] = -_NOWHERE
    for p in range(ys.size):
        y, x = ys[p], xs[p]
        for n in range(top.shape[2]):
            k = top[y, x, n]
            if k < 0:
                break
            right, down = shift[y, x, n]
            # Where the shift leads into the source's hole, it is left out.
            out[k, 0] = min(out[k, 0], grid[k, y, x, 1])
            out[k, 1] = max(out[k, 1], grid[k, y, x, 1])
            out[k, 2] = min(out[k, 2], grid[k, y, x, 0])
            out[k, 3] = max(out[k, 3], grid[k, y, x, 0])
            # A pixel of the clip lies between this one and any of those beside it.
            for j in range(max(y - 1, 0), min(y + 2, height)):
                for i in range(max(x - 1, 0), min(x + 2, width)):
                    out[k, 0] = min(out[k, 0], grid[k, j, i, 1] + down)
                    out[k, 1] = max(out[k, 1], grid[k, j, i, 1] + down)
                    out[k, 2] = min(out[k, 2], grid[k, j, i, 0] + right)
                    out[k, 3] = max(out[k, 3], grid[k, j, i, 0] + right)
    return out


def _part(low: float, high: float, scale: float, size: int) -> slice:
    """The pixels of one axis of the clip that bicubic samples between two working coordinates take."""
    first = int(np.floor((low + 0.5) / scale - 0.5)) - 2
    last = int(np.floor((high + 0.5) / scale - 0.5)) + 4
    # Beyond the frame, its outermost pixels are repeated.
    return slice(min(max(first, 0), size - 1), max(min(last, size), 1))


@njit(cache=True, nogil=True, fastmath=True)
def _sampled(field, at):  # pragma: no cover - compiled
    """Bilinear samples of (h, w, 1) `field`: float32 (n,)."""
    out = np.empty(at.shape[0], np.float32)
    for i in range(at.shape[0]):
        _between(field, at[i, 0], at[i, 1], out[i : i + 1])
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _accumulate(
    image, hole, near, corner, size, k,
    grid, at, layer, share, top, weight, shift, scale, out, crisp,
):  # pragma: no cover - compiled  # fmt: skip
    """Add candidate `k`'s share to every hole pixel that it is mixed into; see `Painted.crisp`."""
    place = np.zeros(2, np.float32)
    for i in range(at.shape[0]):
        wy, wx = at[i, 0], at[i, 1]
        ny, nx = int(wy + 0.5), int(wx + 0.5)
        if layer[ny, nx] < 0 or share[i] == 0:
            continue
        for n in range(top.shape[2]):
            if top[ny, nx, n] == k:
                _between(grid, wy, wx, place)
                v, u = place[1] + shift[ny, nx, n, 1], place[0] + shift[ny, nx, n, 0]
                for _ in range(2):
                    down, right = (v + 0.5) / scale[0] - 0.5, (u + 0.5) / scale[1] - 0.5
                    found = _sample_seen(
                        image, hole, near, corner, size, down, right,
                        out[i], share[i] * weight[ny, nx, n],
                    )  # fmt: skip
                    if found:
                        if n == 0:
                            crisp[i] = _crispness(image, near, corner, size, down, right)
                        break
                    # The map itself leads to what is seen.
                    v, u = grid[ny, nx, 1], grid[ny, nx, 0]


@njit(cache=True, nogil=True, fastmath=True)
def _add_tone(out, at, share, soft, tone, layer, hole, unit):  # pragma: no cover - compiled
    """Add the tone, and the soft picture as far as no candidate is mixed, to every hole pixel."""
    rgb = np.zeros(3, np.float32)
    for i in range(at.shape[0]):
        wy, wx = at[i, 0], at[i, 1]
        _between_alike(tone, layer, hole, wy, wx, rgb)
        for c in range(3):
            out[i, c] += unit * rgb[c]
        if share[i] < 1:
            _between(soft, wy, wx, rgb)
            for c in range(3):
                out[i, c] += unit * (1 - share[i]) * rgb[c]


@njit(cache=True, nogil=True, fastmath=True)
def _add_fine(out, at, place, weight, fine, corner, motion, scale, unit):  # pragma: no cover
    """Add a key frame's fine texture to every hole pixel where it counts."""
    for i in range(at.shape[0]):
        wy, wx = at[i, 0], at[i, 1]
        ny, nx = int(wy + 0.5), int(wx + 0.5)
        if weight[ny, nx] == 0:
            continue
        y, x = wy + place[0], wx + place[1]
        depth = motion[2, 0] * x + motion[2, 1] * y + motion[2, 2]
        if abs(depth) < 1e-6:
            continue
        u = (motion[0, 0] * x + motion[0, 1] * y + motion[0, 2]) / depth
        v = (motion[1, 0] * x + motion[1, 1] * y + motion[1, 2]) / depth
        v, u = (v + 0.5) / scale[0] - 0.5 - corner[0], (u + 0.5) / scale[1] - 0.5 - corner[1]
        if 0 <= v < fine.shape[0] and 0 <= u < fine.shape[1]:
            sample(fine, (0, 0), fine.shape[:2], v, u, out[i], unit * weight[ny, nx])


def paint(plan: Plan, blend: Blend, settled: np.ndarray, frames: dict[int, WorkFrame]) -> Painted:
    """Fill the hole at the clip's own resolution, sampling each source once.

    Args:
        plan: from `plan_frame`.
        blend: from `agree`.
        settled: float32 (bh, bw, 3), the plan's soft picture, made steady over time.
        frames: the frames that it looks at, by index.
    """
    frame = plan.frame
    unit = grey_level(frame.image.dtype)
    at, scale = places(frame, plan.box)
    size = frame.image.shape[:2]
    y0, _, x0, _ = plan.box
    share = _sampled(plan.share[..., None], at)
    colour = np.zeros((len(at), 3), np.float32)
    crisp = np.full(len(at), -1, np.float32)
    reaches = _reaches(
        plan.source.size, plan.grid, *np.nonzero(plan.layer >= 0), blend.top, blend.shift
    )
    for k, (low, high, left, right) in enumerate(reaches):
        if low > high:
            continue
        rows = _part(low, high, scale[0], size[0])
        columns = _part(left, right, scale[1], size[1])
        source = frames[int(plan.source[k])]
        part = np.ascontiguousarray(source.image[rows, columns])
        beside = np.ascontiguousarray(source.hole[rows, columns])
        _accumulate(
            part, beside, _met(beside), (rows.start, columns.start), size, k, plan.grid[k], at, plan.layer, share,
            blend.top, blend.weight, blend.shift, scale, colour, crisp,
        )  # fmt: skip
    tone = tone_of(plan, settled, detail_of(plan, blend, frames))
    inside = crop(frame.work_hole, plan.box)
    _add_tone(colour, at, share, plan.soft, tone, plan.layer, inside, unit)
    for part in plan.fine:
        _add_fine(
            colour, at, (y0, x0), part.weight, part.texture.fine, part.texture.corner,
            part.motion, scale, np.float32(unit),
        )  # fmt: skip
    origin = np.full(len(at), SYNTHESISED, np.int32)
    ny, nx = (at[:, 0] + 0.5).astype(int), (at[:, 1] + 0.5).astype(int)
    shown = (plan.layer[ny, nx] >= 0) & (plan.doubt[ny, nx] < 0.5)
    origin[shown] = plan.source[blend.top[ny, nx, 0][shown]]
    return Painted(np.clip(colour + 0.5, 0, 255 * unit).astype(frame.image.dtype), origin, crisp)
