"""Texture and structure for what no frame shows, from what the same picture shows elsewhere.

Patches are found by PatchMatch and vote, from coarse to fine (Wexler, Shechtman and Irani,
"Space-time completion of video", 2007; Barnes et al., 2009). Beside the colour they carry how
textured the picture is, so that grass does not become a lawn of its mean colour (Newson et al.,
"Video inpainting of complex scenes", 2014). At last every pixel is copied from one place, in
pieces that meet where it shows least. Where nothing fits, the smooth fill is better than
something strange, so the result leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.fill import patchmatch, seams
from cleanplate.fill.filled import grey_level
from cleanplate.fill.geometry import bounding_box
from cleanplate.fill.patchmatch import REACH
from cleanplate.fill.smooth import harmonic_fill

_PATCH = 2 * REACH + 1
_TOLL_UNIT = 3.0 * _PATCH**2  # the distance of patches that differ by one grey level throughout
_TEXTURE_WEIGHT = 12.0  # of the texture channels beside a colour channel, both in grey levels
_FINEST_TEXTURE = 0.15  # of that weight, on the finest level
_TEXTURE_SIGMA = 4.0  # pixels over which texture is measured
_BORDER_FADE = 1.1  # by so much less is a patch believed, for each pixel further from the known
_MOST_LEVELS = 5
_THIN = 4  # pixels; what is no wider is better bridged than textured
_MANY = 60_000  # targets on one level, from which on less is searched there: they start out well
_MOST_STEP = 14.0  # grey levels; a larger step between neighbours is an edge, not a fault of tone
_FAR_TOLL = 12.0  # grey levels that a source must fit better by, one width of the hole away
_DOWN_TOLL = 80.0  # grey levels, likewise, for lying that far above or below its target
_ACROSS = 0.125  # of that toll, for lying as far beside it
_LARGE = 200  # pixels across, from which on a hole has the whole of that toll
_AGAIN_TOLL = 3.0  # grey levels that a source must fit better by when it is used twice
_BAND = 2  # pixels around the hole that patches are tested on
_TRUSTED = 12.0  # grey levels; patches that miss the mean of the border by this are half believed
_SURE = (
    0.85  # trust from which on nothing of the smooth fill is mixed in, so that detail stays sharp
)
_PEAK = 255.0


@dataclass(frozen=True)
class _Level:
    """The picture at one resolution: colour and texture, what is missing, what may be copied."""

    image: np.ndarray
    missing: np.ndarray
    usable: np.ndarray


def complete(
    image: np.ndarray, missing: np.ndarray, allowed: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """Believable texture and structure for the missing pixels of one picture.

    Args:
        image: RGB (h, w, 3), uint8, uint16, or float32 in 0..255; what it holds where `missing`
            is ignored.
        missing: bool (h, w).
        allowed: bool (h, w), where pixels may be copied from; by default everything known.
        seed: the same seed gives the same result.

    Returns:
        float32 (h, w, 3) in the units of `image`, equal to it where nothing is missing. Mid grey
        where nothing at all is known, and the smooth fill where there is too little to copy.
    """
    return complete_from(image, missing, allowed, seed)[0]


def complete_from(
    image: np.ndarray,
    missing: np.ndarray,
    allowed: np.ndarray | None = None,
    seed: int = 0,
    bold: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`complete`, and from where each pixel was copied.

    Args:
        image, missing, allowed, seed: see `complete`.
        bold: float32 (h, w), 0..1, how much of what is copied is taken at least, however it fits; nothing
            if None.

    Returns:
        filled: float32 (h, w, 3), see `complete`.
        shift: int32 (h, w, 2), rows and columns from a pixel to the one that it was copied from; 0
            where nothing was.
        trust: float32 (h, w), 0..1, how much of what was copied is in `filled`; the rest is smooth.
    """
    unit = grey_level(image.dtype)
    out = image.astype(np.float32)
    missing = np.asarray(missing, bool)
    shift = np.zeros((*missing.shape, 2), np.int32)
    trust = np.zeros(missing.shape, np.float32)
    if not missing.any():
        return out, shift, trust
    if missing.all():
        out[:] = _PEAK / 2 * unit
        return out, shift, trust
    usable = ~missing if allowed is None else ~missing & allowed
    y0, y1, x0, x1 = _neighbourhood(missing)
    part = np.ascontiguousarray(out[y0:y1, x0:x1]) / unit
    hole = np.ascontiguousarray(missing[y0:y1, x0:x1])
    whole = np.ascontiguousarray(usable[y0:y1, x0:x1])
    least = np.zeros(hole.shape, np.float32) if bold is None else bold[y0:y1, x0:x1]
    filled, shift[y0:y1, x0:x1], trust[y0:y1, x0:x1] = _complete(part, hole, whole, seed, least)
    inside = out[y0:y1, x0:x1]
    inside[hole] = np.clip(filled[hole], 0, _PEAK) * unit
    return out, shift, trust


def _neighbourhood(missing: np.ndarray) -> tuple[int, int, int, int]:
    """The box in which to look for patches: the missing part and as much again around it."""
    y0, y1, x0, x1 = bounding_box(missing, 0)
    return bounding_box(missing, max(32, max(y1 - y0, x1 - x0) // 2 + 16))


def _complete(
    image: np.ndarray, missing: np.ndarray, usable: np.ndarray, seed: int, bold: np.ndarray
):
    """The picture with its hole filled, the shift of each pixel, and the trust in what it brings."""
    smooth = harmonic_fill(image, missing)
    nothing = np.zeros((*missing.shape, 2), np.int32), np.zeros(missing.shape, np.float32)
    thick = _opened(missing)
    if not thick.any():
        return smooth, *nothing
    usable = usable & ~missing
    missing = thick
    levels = _pyramid(smooth, missing, usable)
    if not levels:
        return smooth, *nothing
    state = np.array([(seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1], np.uint32)
    place, weight = None, None
    for n in range(len(levels) - 1, -1, -1):
        place, weight = _refine(levels, n, place, state)
    finest = levels[0]
    filled, shift = _assemble(finest, smooth, place, weight)
    trust = np.maximum(_trust(finest, smooth, place, weight), bold)
    return smooth + trust[..., None] * (filled - smooth), shift, trust


def _opened(missing: np.ndarray) -> np.ndarray:
    """The missing parts that are wide enough for texture: specks and scratches are left out."""
    kernel = np.ones((_THIN + 1, _THIN + 1), np.uint8)
    # Beyond the picture's edge a hole is taken to go on.
    padded = cv2.copyMakeBorder(
        missing.astype(np.uint8), _THIN, _THIN, _THIN, _THIN, cv2.BORDER_REPLICATE
    )
    inner = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[_THIN:-_THIN, _THIN:-_THIN]
    return missing & inner.astype(bool)


def _pyramid(smooth: np.ndarray, missing: np.ndarray, usable: np.ndarray) -> list[_Level]:
    """Levels from fine to coarse, until the hole is a few patches wide or sources run out."""
    texture = _texture(smooth, missing)
    # The measure of texture near the hole would be dulled by the smooth fill: spread it as well.
    channels = np.concatenate([smooth, harmonic_fill(texture, missing, 12)], axis=2)
    channels = np.ascontiguousarray(channels, np.float32)
    levels = []
    while len(levels) < _MOST_LEVELS:
        if min(missing.shape) < _PATCH + 2 or not _sources(usable).any():
            break
        levels.append(_Level(channels, missing, usable))
        if cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L1, 3).max() <= _PATCH:
            break
        missing, usable, channels = _halved(missing, usable, channels)
    if levels:
        # What is to be where is settled by then; the finest level is for what meets without seams.
        levels[0].image[..., 3:] *= _FINEST_TEXTURE
    return levels


def _halved(missing, usable, channels):
    height, width = (missing.shape[0] + 1) // 2, (missing.shape[1] + 1) // 2
    size = (width, height)

    def shrink(values: np.ndarray) -> np.ndarray:
        padded = cv2.copyMakeBorder(
            values, 0, values.shape[0] % 2, 0, values.shape[1] % 2, cv2.BORDER_REPLICATE
        )
        return cv2.resize(padded, size, interpolation=cv2.INTER_AREA)

    gone = shrink(missing.astype(np.float32)) > 0
    kept = shrink(usable.astype(np.float32)) > 0.999
    return gone, kept & ~gone, shrink(channels)


def _texture(image: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Mean size of the luma's slopes across and down, of known pixels only: float32 (h, w, 2)."""
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    known = cv2.erode((~missing).astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    known = known.astype(np.float32)
    slopes = np.stack([cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)], 2)
    size = (0, 0)
    total = cv2.GaussianBlur(np.abs(slopes) / 8 * known[..., None], size, _TEXTURE_SIGMA)
    mass = cv2.GaussianBlur(known, size, _TEXTURE_SIGMA)
    return _TEXTURE_WEIGHT * total / np.maximum(mass, 1e-6)[..., None]


def _sources(usable: np.ndarray) -> np.ndarray:
    """Centres of patches that may be copied whole."""
    kernel = np.ones((_PATCH, _PATCH), np.uint8)
    return cv2.erode(usable.astype(np.uint8), kernel, borderValue=0).astype(bool)


def _targets(missing: np.ndarray) -> np.ndarray:
    """Centres of patches inside the picture that cover something missing, int32 (n, 2)."""
    kernel = np.ones((_PATCH, _PATCH), np.uint8)
    near = cv2.dilate(missing.astype(np.uint8), kernel).astype(bool)
    inner = np.zeros_like(near)
    inner[REACH:-REACH, REACH:-REACH] = True
    return np.argwhere(near & inner).astype(np.int32)


def _refine(levels, n, coarse, state):
    """Find patches at level `n`, starting from those of the coarser level (None: the coarsest)."""
    image, missing = levels[n].image, levels[n].missing
    valid, targets = _sources(levels[n].usable), _targets(missing)
    place = np.full((*missing.shape, 2), -1, np.int32)
    cost = np.zeros(missing.shape, np.float32)
    if coarse is not None:
        _carry_down(coarse, targets, valid, place)
    sources = np.argwhere(valid).astype(np.int32)
    patchmatch.start(image, targets, sources, place, cost, state)
    if coarse is not None:
        patchmatch.vote(image, missing, targets, place, _belief(missing, targets, cost))
    radius = max(missing.shape) if coarse is None else max(8, max(missing.shape) // 4)
    rounds = 12 if coarse is None else (6 if n else 4)
    if len(targets) > _MANY and coarse is not None:
        radius, rounds = 16, 2
    weight = None
    far, pull = _far_toll(missing), _pull(missing, n)
    for turn in range(rounds):
        passes = 6 if coarse is None and turn == 0 else 2
        toll = far + _again_toll(targets, place, missing.shape)
        patchmatch.search(image, targets, valid, toll, pull, place, cost, radius, state, passes)
        weight = _belief(missing, targets, cost)
        patchmatch.vote(image, missing, targets, place, weight)
    return place, weight


def _far_toll(missing: np.ndarray) -> np.ndarray:
    """What a source costs for lying far from the hole: what is near is likelier to belong."""
    away = cv2.distanceTransform((~missing).astype(np.uint8), cv2.DIST_L2, 3)
    y0, y1, x0, x1 = bounding_box(missing, 0)
    return _TOLL_UNIT * (_FAR_TOLL * away / max(y1 - y0, x1 - x0)) ** 2


def _pull(missing: np.ndarray, level: int) -> np.ndarray:
    """What a source costs for lying elsewhere than its target, for each squared pixel down and
    across: pictures are of ground, walls and sky, which lie in rows."""
    y0, y1, x0, x1 = bounding_box(missing, 0)
    size = max(y1 - y0, x1 - x0)
    # Small holes are decided by their border, and need all the texture there is.
    down = min(_DOWN_TOLL, _DOWN_TOLL / _LARGE * size * 2**level)
    return _TOLL_UNIT * np.square(np.array([down, down * _ACROSS], np.float32) / np.float32(size))


def _again_toll(targets: np.ndarray, place: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What a source costs for being used already: else one clump is repeated all over the hole.

    Kaspar et al., "Self tuning texture optimization" (2015), do so with a map of occurrences.
    """
    used = np.zeros(shape, np.float32)
    sources = place[tuple(targets.T)]
    np.add.at(used, tuple(sources.T), 1)
    times = cv2.boxFilter(used, -1, (_PATCH, _PATCH))
    return (_TOLL_UNIT * _AGAIN_TOLL**2 * np.clip(times - 1, 0, 4)).astype(np.float32)


def _carry_down(coarse: np.ndarray, targets: np.ndarray, valid: np.ndarray, place: np.ndarray):
    """Sources of the coarser level, doubled, where they are sources on this level too."""
    y, x = targets.T
    cy = np.clip(y // 2, REACH, coarse.shape[0] - 1 - REACH)
    cx = np.clip(x // 2, REACH, coarse.shape[1] - 1 - REACH)
    from_y, from_x = coarse[cy, cx].T
    there = from_y >= 0
    sy = np.clip(y + 2 * (from_y - cy), 0, valid.shape[0] - 1)
    sx = np.clip(x + 2 * (from_x - cx), 0, valid.shape[1] - 1)
    there &= valid[sy, sx]
    place[y[there], x[there], 0] = sy[there]
    place[y[there], x[there], 1] = sx[there]


def _belief(missing: np.ndarray, targets: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """How far each patch is believed: more if it fits well, more if it is near what is known."""
    depth = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 3)
    at = tuple(targets.T)
    spread = max(float(np.percentile(cost[at], 75)), 1.0)
    weight = np.zeros(missing.shape, np.float32)
    weight[at] = np.exp(-cost[at] / (2 * spread)) * _BORDER_FADE ** -np.minimum(depth[at], 100)
    return np.maximum(weight, 1e-20)


def _assemble(finest: _Level, smooth: np.ndarray, place: np.ndarray, weight: np.ndarray):
    """Copy every pixel from one place, then take the steps out; and the shifts to those places."""
    missing = finest.missing
    estimate = np.ascontiguousarray(finest.image[..., :3])
    image = np.where(missing[..., None], 0, smooth).astype(np.float32)
    shift = seams.choose(
        image, finest.usable, missing, estimate, place, weight, passes=4, smooth=1.0
    )
    copied = smooth.copy()
    seams.copy(image, missing, shift, copied)
    return copied + _levelled(image, finest.usable, missing, shift, copied), shift


def _trust(finest: _Level, smooth: np.ndarray, place: np.ndarray, weight: np.ndarray):
    """How far the patches are to be believed, float32 (h, w): by how they predict the border.

    Single pixels of grass cannot be predicted, but the mean of a few must be. It is not where
    something ends in the hole that is nowhere else in the picture.
    """
    missing = finest.missing
    kernel = np.ones((2 * _BAND + 1, 2 * _BAND + 1), np.uint8)
    band = cv2.dilate(missing.astype(np.uint8), kernel).astype(bool) & ~missing
    said = smooth.copy()
    patchmatch.vote(said, band, _targets(missing), place, weight)
    error = cv2.GaussianBlur(np.where(band[..., None], said - smooth, 0), (0, 0), _BAND + 1)
    mass = cv2.GaussianBlur(band.astype(np.float32), (0, 0), _BAND + 1)
    misfit = np.square(error / np.maximum(mass, 1e-6)[..., None]).mean(axis=2)
    trust = 1 / (1 + np.square(misfit / _TRUSTED**2))
    trust = np.minimum(trust / _SURE, 1).astype(np.float32)
    return harmonic_fill(trust[..., None], missing)[..., 0]


def _levelled(image, usable, missing, shift, copied) -> np.ndarray:
    """What to add so that the copy has its sources' slopes, and none of its own at the seams."""
    step = seams.steps(image, usable, missing, shift, copied, _MOST_STEP)
    correction = np.zeros_like(copied)
    seams.level(correction, missing, step, sweeps=80, over=1.9)
    return correction
