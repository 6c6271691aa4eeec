"""A shot's frames and hints in, mattes and foreground colours out, one frame at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte import evidence
from cleanplate.matte.colour import Known, foreground_of
from cleanplate.matte.detail import Outline, detailed, outline_of
from cleanplate.matte.hint import Hint
from cleanplate.matte.laplacian import solve
from cleanplate.matte.layers import Expected, Layers, expect, remembered
from cleanplate.matte.limbs import lost_limbs
from cleanplate.matte.motion import follow, smear
from cleanplate.matte.sampling import sample
from cleanplate.matte.settings import MatteSettings
from cleanplate.matte.trimap import Trimap, around, make_trimap, opened, rim, settled, undecided

F32 = NDArray[np.float32]

_SPARE = 24  # pixels around the band that are looked at as well
_HELD = 0.1  # what the foreground of the frame before weighs against a pixel's own colour
_PLATE_HELD = 1.0
_SCRAP = 0.08  # alpha that counts as something, when scraps are looked for
_CLEAR = 0.004  # alpha below which a pixel is the background's own
_REFINE_HELD = 0.03  # what a reduced matte weighs when it is brought to the frame's own size
_REFINE_ROUNDS = 15


@dataclass(frozen=True)
class Cut:
    """One frame's answer.

    `alpha` is float32 (h, w) in 0..1; `foreground` is like the frame, RGB (h, w, 3): the subject's
    own colour wherever alpha is above 0, the frame's elsewhere. `trimap` is what was decided before.
    `known`, float32 (h, w) in 0..1, says how far the foreground is known also where alpha is 0, from
    what was in sight in the frames before; None for nowhere.
    """

    alpha: F32 = field(repr=False)
    foreground: NDArray = field(repr=False)
    trimap: Trimap = field(repr=False)
    known: F32 | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Before:
    image: NDArray[np.uint8]
    layers: Layers
    outline: Outline | None


def matte_shot(
    frames: Iterable[NDArray], hints: Iterable[Hint], settings: MatteSettings | None = None
) -> Iterator[Cut]:
    """Matte the frames of one shot, RGB uint8 or uint16 (h, w, 3), in order.

    Each frame is held to the one before where the motion between them can be trusted, so that
    edges do not boil. Nothing is read ahead.
    """
    settings = settings or MatteSettings()
    before: _Before | None = None
    for image, hint in zip(frames, hints, strict=False):
        cut, before = _next(image, hint, before, settings)
        yield cut


def matte_frame(image: NDArray, hint: Hint, settings: MatteSettings | None = None) -> Cut:
    """Matte one frame by itself, RGB uint8 or uint16 (h, w, 3): for previews."""
    return _next(image, hint, None, settings or MatteSettings())[0]


def _next(
    image: NDArray, hint: Hint, before: _Before | None, settings: MatteSettings
) -> tuple[Cut, _Before]:
    full = image
    scale = min(1.0, settings.longest / max(image.shape[:2]))
    if scale < 1:
        image, hint = _reduced(image, hint, scale)
    seen, unit = _eight_bits(image), _unit(image)
    blur = expected = limbs = None
    outline = outline_of(hint.mask)
    if before is not None and before.image.shape == seen.shape and hint.mask.any():
        carrier = follow(before.image, seen)
        blur = smear(carrier.flow, hint.mask, settings.shutter)
        expected = expect(before.layers, unit, hint.mask, carrier)
        if outline is None and before.outline is not None:
            outline = before.outline.moved(expected.x, expected.y)
            hint = replace(hint, mask=detailed(hint.mask, outline, expected.trust))
        else:
            limbs = lost_limbs(hint, expected, unit, carrier, before.layers.alpha)
            hint = replace(hint, mask=hint.mask | limbs)
            expected = expected.hidden_by(limbs)
    hint = settled(hint)
    trimap = make_trimap(hint, blur, settings, expected)
    if limbs is not None:
        trimap = undecided(trimap, limbs)
    layers = _solved(unit, hint, trimap, expected, limbs, settings)
    alpha, front, known = layers.alpha, layers.front, layers.known
    if scale < 1:
        alpha, front = _enlarged(full, alpha, front, settings)
        trimap = Trimap(
            _scaled_mask(trimap.inside, full), _scaled_mask(trimap.outside, full), trimap.agreement
        )
        known = cv2.resize(known, full.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    cut = Cut(alpha, _coloured(full, alpha, front, known), trimap, known)
    return cut, _Before(seen, layers, outline)


def _solved(
    image: F32,
    hint: Hint,
    trimap: Trimap,
    expected: Expected | None,
    limbs: NDArray[np.bool_] | None,
    settings: MatteSettings,
) -> Layers:
    """A frame taken apart."""
    alpha = trimap.inside.astype(np.float32)
    if trimap.outside.all():
        return Layers(image, alpha, image, image, np.ones_like(alpha), np.zeros_like(alpha))
    place = around(~trimap.outside, 0, _SPARE)
    part = trimap.cut(place)
    near = np.ascontiguousarray(image[place])
    part = _fringed(near, hint.mask[place], part, settings)
    pairs = sample(near, part)
    votes = [
        evidence.by_look(
            _cut(hint.look, place),
            _cut(hint.soft, place),
            hint.mask[place],
            part,
            settings,
            _cut(limbs, place),
        ),
        evidence.by_colour(pairs, settings),
    ]
    plate = _plate(hint, expected)
    if plate is not None:
        plate = Known(plate.colour[place], plate.trust[place])
        votes.append(evidence.by_plate(near, pairs, plate.colour, plate.trust, settings))
    held = None
    if expected is not None:
        trust = expected.trust[place]
        votes.append((expected.alpha[place], settings.by_time * trust))
        held = Known(expected.front[place], _HELD * trust)
    target, trust = evidence.gather(votes)
    band = part.band
    first = np.where(band, target, part.inside.astype(np.float32))
    found = solve(near, first, band, trust, target, epsilon=settings.noise, rounds=settings.rounds)
    found = without_scraps(found, hint.mask[place])
    alpha[place] = found
    held_back = None if plate is None else Known(plate.colour, _PLATE_HELD * plate.trust)
    front, back = image.copy(), image.copy()
    front[place], back[place] = foreground_of(near, found, held, held_back)
    clear = trimap.outside | (alpha < _CLEAR)
    back[clear] = image[clear]
    seen = clear.astype(np.float32)
    if plate is not None:
        seen[place] = np.maximum(seen[place], plate.trust)
    front, known = remembered(front, alpha, expected)
    return Layers(image, alpha, front, back, seen, known)


def without_scraps(alpha: F32, mask: NDArray[np.bool_]) -> F32:
    """Alpha without what hangs together with no part of the mask and is nowhere half there: a bit of
    background that happens to have the subject's colours. Hairs may be broken by a few pixels."""
    there = cv2.dilate((alpha > _SCRAP).astype(np.uint8), np.ones((5, 5), np.uint8))
    _, parts = cv2.connectedComponents(there, connectivity=8)
    kept = np.zeros(parts.max() + 1, bool)
    kept[0] = True
    kept[parts[mask | (alpha >= 0.5)]] = True
    return np.where(kept[parts], alpha, 0)


def _fringed(
    image: F32, mask: NDArray[np.bool_], trimap: Trimap, settings: MatteSettings
) -> Trimap:
    """The trimap opened inwards where the background shows between hairs."""
    belt = trimap.inside & rim(mask, settings.fringe * float(np.sqrt(mask.sum())))
    if trimap.solid is not None:
        belt &= ~trimap.solid
    if not belt.any():
        return trimap
    pairs = sample(image, replace(trimap, inside=trimap.inside & ~belt))
    return opened(trimap, belt, pairs.alpha, pairs.trust)


def _plate(hint: Hint, expected: Expected | None) -> Known | None:
    """What is known of the background: filled in, or seen in the frames before."""
    if hint.plate is not None:
        filled = Known(_unit(hint.plate), hint.seen)
        if expected is None:
            return filled
        better = hint.seen >= expected.seen
        return Known(
            np.where(better[..., None], filled.colour, expected.back),
            np.maximum(filled.trust, expected.seen),
        )
    return None if expected is None else Known(expected.back, expected.seen)


def _coloured(image: NDArray, alpha: F32, front: F32, known: F32) -> NDArray:
    """The foreground in the frame's own type; exactly the frame's pixels where alpha is 1, or where it
    is 0 and the subject's colour is not known."""
    limit = np.iinfo(image.dtype).max
    mixed = ((alpha > 0) | (known > 0)) & (alpha < 1)
    result = image.copy()
    result[mixed] = np.rint(front[mixed] * limit).astype(image.dtype)
    return result


def _reduced(image: NDArray, hint: Hint, scale: float) -> tuple[NDArray, Hint]:
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))

    def small(values):
        return None if values is None else cv2.resize(values, size, interpolation=cv2.INTER_AREA)

    mask = small(hint.mask.astype(np.float32))
    soft = mask if hint.soft is None else small(hint.soft)
    lesser = Hint(mask > 0.5, soft, small(hint.look), small(hint.plate), small(hint.seen))
    return small(image), lesser


def _enlarged(image: NDArray, alpha: F32, front: F32, settings: MatteSettings) -> tuple[F32, F32]:
    """A reduced matte at the frame's own size, its edges moved to the frame's own.

    A few steps of the same solver, held to the enlarged matte.
    """
    size = image.shape[1::-1]
    unit = _unit(image)
    coarse = np.clip(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), 0, 1)
    mixed = (coarse > 0.002) & (coarse < 0.998)
    fine = coarse
    if mixed.any():
        place = around(mixed, 0, 4)
        band = mixed[place]
        near, held = np.ascontiguousarray(unit[place]), coarse[place].copy()
        held[~band] = np.rint(held[~band])
        trust = np.full(band.shape, _REFINE_HELD, np.float32)
        fine = np.rint(coarse)
        fine[place] = solve(
            near, held, band, trust, held, epsilon=settings.noise, rounds=_REFINE_ROUNDS
        )
    front = cv2.resize(front, size, interpolation=cv2.INTER_LINEAR)
    return fine, np.where(fine[..., None] >= 1, unit, front)


def _scaled_mask(mask: NDArray[np.bool_], image: NDArray) -> NDArray[np.bool_]:
    size = image.shape[1::-1]
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _cut(values: NDArray | None, place: tuple[slice, slice]) -> NDArray | None:
    return None if values is None else values[place]


def _unit(image: NDArray) -> F32:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _eight_bits(image: NDArray) -> NDArray[np.uint8]:
    return (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image
