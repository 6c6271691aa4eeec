"""What moves with a removed object without being part of it: its shadow, its reflection.

The neighbourhood of the object is filled as if it were to be removed as well. Where the frame
then differs from that fill, something is there that other frames do not show. Averaged over many
frames *in the object's own coordinates*, the errors of the fill and the texture that passes by
cancel out, and what travels with the object remains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee

import cv2
import numpy as np

from cleanplate.fill.filled import grey_level
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.shot import Filled, fill_shot

#: How far around the object is searched, over the square root of its area, and at least so many
#: pixels: further away hardly any frame would be left that shows the place without its shadow.
_REACH, _LEAST_REACH = 0.35, 8.0
#: Frames either side that an object is compared over, and every how many of them.
_SPAN, _EVERY = 32, 2
#: Standard deviation, in pixels, of what counts as one patch of light.
_PATCH = 2.0
#: Mean difference in grey levels, and over its own scatter, from which a patch is a shadow for
#: sure, and from which it is part of one that is next to it.
_SURE, _LIKELY = (12.0, 1.0), (6.0, 0.6)
#: Frames either side that count as now, and how much of the mean difference must be there now.
_NOW, _STILL_THERE = 4, 0.4
#: Frames' worth of evidence, a frame that counts as now, below which that is not asked.
_HALF_KNOWN = 0.5
#: Scatter in grey levels that is always there.
_NOISE = 3.0
#: How many times the background's own strength the two must be, which is the given percentile of
#: what is found in the further half of the neighbourhood, where there are hardly any shadows.
_OVER_BACKGROUND, _USUAL = (3.0, 1.5), 75
#: Frames' worth of evidence below which nothing is said.
_EVIDENCE = 0.5
#: Share of the border of a place of which nothing is known, from which it is shadow as well when
#: that share is.
_SHUT_IN = 0.4
#: Pixels at the object's rim that are its own soft edge.
_RIM = 7
#: Pixels across that a shadow has at least.
_THICKNESS = 5
#: Share of the largest part's area from which a part of the mask is an object of its own.
_WORTH_FOLLOWING = 0.1

#: Longer side, in pixels, at which shadows are looked for: they are soft and large.
SIDE = 360


@dataclass(frozen=True)
class _Place:
    """Where an object is: its centre and the square root of its area, in pixels."""

    x: float
    y: float
    size: float

    def onto(self, other: _Place) -> np.ndarray:
        """Affine (2, 3) from here to where the same point of the object is there."""
        scale = other.size / self.size
        return np.array(
            [[scale, 0, other.x - scale * self.x], [0, scale, other.y - scale * self.y]],
            np.float32,
        )


@dataclass(frozen=True)
class _Seen:
    """What one frame tells: the difference from the fill, times how much of it is known."""

    mask: np.ndarray
    around: np.ndarray
    difference: np.ndarray
    known: np.ndarray
    places: dict[int, _Place]
    parts: np.ndarray


def find_shadows(
    frames: Iterable[np.ndarray], masks: Iterable[np.ndarray], settings: FillSettings | None = None
) -> Iterator[np.ndarray]:
    """What of each frame of one shot moves with what the masks mark, beside the marked itself.

    Args:
        frames: (h, w, 3) uint8 or uint16 RGB, best at about SIDE pixels.
        masks: bool (h, w), one for each frame.
        settings: how the neighbourhood is filled; a draft if None.

    Yields:
        bool (h, w) for each frame, in order: the shadow and the reflection, reaching into the mask
        far enough to leave no gap.
    """
    frames, compared = tee(frames)
    masks, marked = tee(masks)
    around, holes = tee(_neighbourhood(mask) for mask in masks)
    fills = fill_shot(frames, holes, settings or FillSettings(quality="draft"))
    follow = _Follower()
    seen = (
        _compare(frame, mask, hole, filled, follow)
        # The fills lead: they read ahead, and the tees hold what the others have not yet read.
        for filled, frame, mask, hole in zip(fills, compared, marked, around, strict=True)
    )
    window: deque[_Seen] = deque()
    place = 0
    for one in seen:
        window.append(one)
        if len(window) > _SPAN + place:
            yield _shadow(window, place)
            place += 1
            if place > _SPAN:
                window.popleft()
                place -= 1
    while place < len(window):
        yield _shadow(window, place)
        place += 1


def _neighbourhood(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return mask
    reach = max(_LEAST_REACH, _REACH * float(np.sqrt(_largest(mask))))
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= reach


def _largest(mask: np.ndarray) -> int:
    """Pixels of the largest part of a mask."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))


def _compare(
    frame: np.ndarray, mask: np.ndarray, around: np.ndarray, filled: Filled, follow: _Follower
) -> _Seen:
    rim = cv2.dilate(mask.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0
    known = ((filled.provenance >= 0) & ~rim).astype(np.float32)
    unit = 1 / grey_level(frame.dtype)
    difference = (frame.astype(np.float32) - filled.image) * unit * known[..., None]
    parts, places = follow(mask)
    return _Seen(
        mask,
        around,
        cv2.GaussianBlur(difference, (0, 0), _PATCH),
        cv2.GaussianBlur(known, (0, 0), _PATCH),
        places,
        parts,
    )


#: A frame, and the way to where the same point of the object is in it.
_Followed = tuple[_Seen, np.ndarray]


class _Follower:
    """Keeps the parts of a mask apart that are objects of their own, from frame to frame."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._count = 0

    def __call__(self, mask: np.ndarray) -> tuple[np.ndarray, dict[int, _Place]]:
        """The parts, int32 (h, w) with the number of the nearest one, and where each is."""
        count, labels, stats, centres = cv2.connectedComponentsWithStats(
            mask.astype(np.uint8), connectivity=8
        )
        areas = stats[1:, cv2.CC_STAT_AREA]
        large = [i + 1 for i in range(count - 1) if areas[i] >= _WORTH_FOLLOWING * areas.max()]
        numbered = np.zeros(mask.shape, np.int32)
        places: dict[int, _Place] = {}
        for label in sorted(large, key=lambda i: -areas[i - 1]):
            part = labels == label
            number = self._number(part, places)
            numbered[part] = number
            x, y = centres[label]
            places[number] = _Place(float(x), float(y), float(np.sqrt(areas[label - 1])))
        parts = _nearest(numbered)
        self._last = parts if places else self._last
        return parts, places

    def _number(self, part: np.ndarray, taken: dict[int, _Place]) -> int:
        if self._last is not None:
            votes = np.bincount(self._last[part])
            for number in np.argsort(-votes):
                if votes[number] and number and int(number) not in taken:
                    return int(number)
        self._count += 1
        return self._count


def _nearest(numbered: np.ndarray) -> np.ndarray:
    """Every pixel's nearest number, int32 (h, w); all 0 where there is none."""
    if not numbered.any():
        return numbered
    _, labels = cv2.distanceTransformWithLabels(
        (numbered == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    inside = numbered > 0
    number_of = np.zeros(labels.max() + 1, np.int32)
    number_of[labels[inside]] = numbered[inside]
    return number_of[labels]


def _shadow(window: deque[_Seen], place: int) -> np.ndarray:
    here = window[place]
    found = np.zeros(here.mask.shape, bool)
    unknown = np.zeros(here.mask.shape, bool)
    for number, where in here.places.items():
        near: list[_Followed] = []
        far: list[_Followed] = []
        for i, other in enumerate(window):
            if abs(i - place) <= _SPAN and (i - place) % _EVERY == 0 and number in other.places:
                kind = near if abs(i - place) <= _NOW else far
                kind.append((other, where.onto(other.places[number])))
        outer = _further_half(here) & (here.parts == number)
        moving, silent = _moves_along(near, far, outer)
        found |= moving & (here.parts == number)
        unknown |= silent & (here.parts == number)
    found = _thick(found & here.around & ~here.mask)
    return _tidy(found | _shut_in(unknown & here.around & ~here.mask, found, here.mask), here)


def _further_half(here: _Seen) -> np.ndarray:
    distance = cv2.distanceTransform((~here.mask).astype(np.uint8), cv2.DIST_L2, 5)
    distance *= here.around
    return distance > distance.max() / 2


def _moves_along(
    near: list[_Followed], far: list[_Followed], outer: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the difference, followed along with the object, does not average out, and where
    nothing is known of it."""
    now = _gather(near, outer.shape)
    ever = tuple(a + b for a, b in zip(now, _gather(far, outer.shape), strict=True))
    total, square, mass = ever
    much = np.maximum(mass, _EVIDENCE)[..., None]
    mean = total / much
    scatter = np.sqrt(np.maximum(square / much - mean * mean, 0)).mean(axis=2)
    strength = np.abs(mean).mean(axis=2)
    firm = strength / (scatter + _NOISE)
    # Things turn: what once was a shadow's place need not be one in this frame.
    there = (now[0] * mean).sum(axis=2) >= _STILL_THERE * now[2] * (mean * mean).sum(axis=2)
    # A fill that is made of little is likely to be made of the shadow itself.
    unsure = now[2] < np.maximum(_EVIDENCE, _HALF_KNOWN * len(near))
    enough = (mass > _EVIDENCE) & (there | unsure)
    aside = strength[outer & (mass > _EVIDENCE)]
    usual = float(np.percentile(aside, _USUAL)) if aside.size else 0.0
    least = [
        max(a, usual * b) for a, b in zip((_SURE[0], _LIKELY[0]), _OVER_BACKGROUND, strict=True)
    ]
    sure = enough & (strength > least[0]) & (firm > _SURE[1])
    likely = (enough & (strength > least[1]) & (firm > _LIKELY[1])).astype(np.uint8)
    _, labels = cv2.connectedComponents(likely, connectivity=8)
    kept = np.unique(labels[sure])
    return np.isin(labels, kept[kept > 0]), mass <= _EVIDENCE


def _gather(
    others: list[_Followed], shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums over frames of the difference, of its square, and of how much of it is known."""
    total = np.zeros((*shape, 3), np.float32)
    square = np.zeros((*shape, 3), np.float32)
    mass = np.zeros(shape, np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for other, onto in others:
        difference = cv2.warpAffine(other.difference, onto, shape[::-1], flags=flags)
        known = cv2.warpAffine(other.known, onto, shape[::-1], flags=flags)
        total += difference
        mass += known
        square += difference * difference / np.maximum(known, 1e-3)[..., None]
    return total, square, mass


def _thick(found: np.ndarray) -> np.ndarray:
    """What was found without its thin parts: those are soft edges of the object, not shadows."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THICKNESS, _THICKNESS))
    return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, brush) > 0


def _shut_in(unknown: np.ndarray, found: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The unknown places that lie between the object and its shadow."""
    count, labels = cv2.connectedComponents(unknown.astype(np.uint8), connectivity=4)
    inside = np.zeros_like(unknown)
    for label in range(1, count):
        place = labels == label
        border = cv2.dilate(place.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        border &= ~place & ~mask
        if border.any() and found[border].mean() > _SHUT_IN:
            inside |= place
    return inside


def _tidy(found: np.ndarray, here: _Seen) -> np.ndarray:
    """What hangs together with the object, without gaps between the two."""
    if not found.any():
        return found
    # The rim of which nothing is known belongs to whichever of the two it is next to.
    both = (found | here.mask).astype(np.uint8)
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    both = cv2.morphologyEx(both, cv2.MORPH_CLOSE, near)
    _, labels = cv2.connectedComponents(both, connectivity=8)
    own = np.unique(labels[here.mask])
    both = np.isin(labels, own[own > 0])
    both = cv2.dilate((both & ~here.mask).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return both & here.around
