"""What is surely the subject, surely not, and in between: the band in which alpha is solved.

The band is as wide as it must be: a few pixels along a sharp edge, as wide as the smear where the
edge moves, and as far as hair goes where a network saw some, or where the background shows through.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.detail import soft_around
from cleanplate.matte.hint import Hint
from cleanplate.matte.layers import Expected
from cleanplate.matte.settings import MatteSettings

Mask = NDArray[np.bool_]
F32 = NDArray[np.float32]

SURE_LOOK = 0.6
"""Agreement of mask and network (`agreed`) above which it may narrow the band."""

_DOUBTED = 0.5  # below it a network doubts that a pixel of the mask is the subject
_TOUCHED = 0.04  # above it there is something of what is behind the subject in a pixel
_SURELY = 0.9  # what a network needs to say of what rests in the mask, for it to be all there
_SMEARED = 1.0  # pixels: half of a motion blur that counts as one
_LEFT = 0.2  # alpha beyond the mask in the frame before above which it is looked for in this one
_THICK = 0.008  # of the longest side: half of what is too thick to be hair
_KEPT = 0.016  # the same, of what the frame before had beyond the mask
_NOTHING = 0.05  # of a network's look: less, this far around, in pixels, is nothing at all
_NEARBY = 3
_HAIR = 0.25  # of a network's look: less beyond the mask is only its doubt
_AGREE = (0.45, 0.8)  # IoU of mask and network: below, it means something else; above, the same
_TRUSTED = 0.1  # what the frame before says of this one counts above this trust
_SHOWING = 0.4  # of the background, and surely, on average around a pixel: it shows there
_AROUND = 3  # pixels across which that average is taken
_OPENED = 4  # pixels around it that are opened with it
_SOLID = 4  # times as thick as its rim is deep a mask must be
_OVERRULED = 6  # pixels around what a network missed where it is not believed either
_RIM = 0.16  # of the root of a mask's area: what is missing all around it, of fur, say, is no wider
_BESIDE = 2  # pixels around what was only just found that are undecided with it
_BORDER = 64  # pixels that the mask goes on for beyond the picture


@dataclass(frozen=True)
class Trimap:
    """`inside` and `outside`, bool (h, w), apart; the rest is the band. `agreement` in 0..1 says how
    far the network's look means the same thing as the mask; `solid`, bool (h, w), is what of `inside`
    both are so sure of that no colours speak against it, None for nothing."""

    inside: Mask = field(repr=False)
    outside: Mask = field(repr=False)
    agreement: float
    solid: Mask | None = field(default=None, repr=False)

    @property
    def band(self) -> Mask:
        """Bool (h, w): where alpha is to be found."""
        return ~(self.inside | self.outside)

    def cut(self, place: tuple[slice, slice]) -> Trimap:
        """The trimap of a part of the frame."""
        solid = None if self.solid is None else self.solid[place]
        return Trimap(self.inside[place], self.outside[place], self.agreement, solid)


def make_trimap(
    hint: Hint, smear: F32 | None, settings: MatteSettings, expected: Expected | None = None
) -> Trimap:
    """The trimap of one frame.

    `smear` is float32 (h, w): half the length in pixels of the motion blur at each pixel, None where
    nothing moves. `expected` is what the frame before says of this one.
    """
    mask = hint.mask
    if not mask.any():
        return Trimap(np.zeros_like(mask), np.ones_like(mask), 0.0)
    longest = max(mask.shape)
    size = float(np.sqrt(mask.sum()))
    width = max(2.0, settings.band * longest)
    if smear is not None:
        width = width + np.minimum(smear, settings.widest * longest)
    depth, distance = _depth(mask), distance_to(mask)
    inside = depth > width
    near = mask | (distance <= width)
    agreement = 0.0 if hint.look is None else agreed(mask, hint.look)
    solid = np.zeros_like(mask)  # surely the subject by mask and network, whatever was before
    if agreement > 0:
        inside &= (hint.look >= _DOUBTED) | (depth > settings.doubt * size)
        near |= _hair(mask, hint.look, inside, distance <= settings.hair * size)
        if agreement > SURE_LOOK:
            # Where the network is sure as well, there is nothing to find; and in leaves or gravel
            # a wide band would fill with haze.
            near &= _widened(hint.look > _HAIR, 1) | (distance <= 1.5)
            # What is smeared is mixed with what it passes, however sure the network is of it.
            moves = False if smear is None else smear > _SMEARED
            needed = np.where(moves, 1 - _TOUCHED, _SURELY).astype(np.float32)
            solid = ~_widened(hint.look < needed, 2) & (depth > 1.5)
            inside |= solid
    if expected is not None:
        sure = expected.trust > _TRUSTED
        less = sure & (expected.alpha < 1 - _TOUCHED)
        if agreement > SURE_LOOK:
            # A post that passed before the subject, or a limb that moved, leaves no hole deep in it.
            deep = (depth > width) & ~rim(mask, settings.fringe * size)
            less &= ~(deep & (hint.look >= _DOUBTED))
        inside &= solid | ~less
        left = sure & (expected.alpha > _LEFT) & ~mask
        near |= _widened(_still_there(left, mask, hint.look, agreement), 1)
    soft, wide = soft_around(mask), settings.soft * longest
    deep = soft & (depth <= wide)
    near |= soft & (distance <= wide)
    return Trimap(inside & ~deep, ~near, agreement, solid & ~deep)


def _still_there(left: Mask, mask: Mask, look: F32 | None, agreement: float) -> Mask:
    """What the frame before had beyond the mask, as far as it is thin; what the network, meaning the
    same as the mask, sees nothing of must be as thin as hair, or a tail that swung would leave a cloud
    where it was."""
    kept = _thin(left, mask, _KEPT)
    if look is None or agreement <= SURE_LOOK:
        return kept
    return kept & (_widened(look > _NOTHING, _NEARBY) | _thin(left, mask))


def settled(hint: Hint) -> Hint:
    """The hint with the network's look overruled where it misses thick parts of the mask, or sees thick
    things beside it: a head or an arm is no doubt about an edge, nor is a crowd, and the mask decides
    what is meant."""
    if hint.look is None or not hint.mask.any() or agreed(hint.mask, hint.look) == 0:
        return hint
    missed = _thick(hint.mask & (hint.look < _DOUBTED), hint.mask)
    beside = _far_reaching(_thick(~hint.mask & (hint.look > _HAIR), ~hint.mask), hint.mask)
    look = hint.look
    for wrong, part, right in ((missed, hint.mask, 1), (beside, ~hint.mask, 0)):
        if wrong.any():
            look = np.where(_widened(wrong, _OVERRULED) & part, np.float32(right), look)
    return replace(hint, look=look)


def _thick(some: Mask, part: Mask) -> Mask:
    """What is thick of what is marked in a part of the frame."""
    return some & ~_thin(some, ~part)


def _far_reaching(things: Mask, mask: Mask) -> Mask:
    """Those of the things beside a mask that reach farther from it than its own rim does."""
    _, labels = cv2.connectedComponents(things.astype(np.uint8))
    far = np.zeros(labels.max() + 1, bool)
    far[labels[things & (distance_to(mask) > _RIM * np.sqrt(mask.sum()))]] = True
    return far[labels]


def rim(mask: Mask, deepest: float) -> Mask:
    """What of a mask is near its edge, for how thick the mask is there: up to `deepest` pixels, and
    nowhere as deep as an arm or a head is thick."""
    depth = _depth(mask)
    result = np.zeros_like(mask)
    for deep in (0.25 * deepest, 0.5 * deepest, deepest):
        core = depth > _SOLID * deep
        if core.any():
            result |= (depth <= deep) & (distance_to(core) <= _SOLID * deep + 1)
    return result


def opened(trimap: Trimap, belt: Mask, alpha: F32, trust: F32) -> Trimap:
    """The trimap with its band opened inwards wherever the background comes in from it.

    Masks are smooth, and cover what shows between hairs. `alpha` and `trust`, float32 (h, w) in 0..1,
    are what colours say within `belt`, the part of `inside` that may be opened.
    """
    showing = belt & (cv2.blur(trust * (1 - alpha), (_AROUND, _AROUND)) > _SHOWING)
    band = trimap.band
    _, labels = cv2.connectedComponents((showing | band).astype(np.uint8))
    joined = np.zeros(labels.max() + 1, bool)
    joined[labels[band]] = True
    gaps = belt & _widened(showing & joined[labels], _OPENED)
    return replace(trimap, inside=trimap.inside & ~gaps)


def undecided(trimap: Trimap, some: Mask) -> Trimap:
    """The trimap with some of it left to be found out, and just around that what is not inside."""
    near = _widened(some, _BESIDE)
    inside = trimap.inside & ~some
    solid = None if trimap.solid is None else trimap.solid & ~some
    return replace(trimap, inside=inside, outside=trimap.outside & ~near, solid=solid)


def _thin(beyond: Mask, mask: Mask, share: float = _THICK) -> Mask:
    """What is thin of a mask's surroundings: less than twice `share` of the longest side."""
    thick = max(3, round(share * max(mask.shape)))
    return beyond & ~_widened(_narrowed(beyond, thick), thick + 2)


def agreed(mask: Mask, look: F32) -> float:
    """0..1: how far a network's look, float32 (h, w), means what the mask marks."""
    rows, columns = around(mask, 0.2)
    seen, meant = look[rows, columns] > 0.5, mask[rows, columns]
    union = np.count_nonzero(seen | meant)
    iou = np.count_nonzero(seen & meant) / max(union, 1)
    rise = float(np.clip((iou - _AGREE[0]) / (_AGREE[1] - _AGREE[0]), 0, 1))
    return rise * rise * (3 - 2 * rise)


def around(mask: Mask, share: float, least: int = 8) -> tuple[slice, slice]:
    """Rows and columns of a mask's box, grown by a share of its longer side; all if it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    margin = least + round(share * longer)
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _hair(mask: Mask, look: F32, inside: Mask, reachable: Mask) -> Mask:
    """What a network saw of the subject outside the mask, in one piece with it."""
    beyond = (look > _HAIR) & reachable & ~mask
    # Hair is thin. What is thick is another thing that the network takes in, and the mask doesn't.
    candidates = _thin(beyond, mask) | mask
    _, labels = cv2.connectedComponents(candidates.astype(np.uint8), connectivity=4)
    own = np.zeros(labels.max() + 1, bool)
    own[labels[inside]] = True
    own[0] = False
    return _widened(own[labels], 3)


def _narrowed(mask: Mask, pixels: int) -> Mask:
    side = 2 * pixels + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.erode(mask.astype(np.uint8), disc, borderType=cv2.BORDER_REPLICATE) > 0


def _widened(mask: Mask, pixels: int) -> Mask:
    side = 2 * pixels + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(mask.astype(np.uint8), disc) > 0


def _depth(mask: Mask) -> F32:
    """Each pixel's distance to what is outside the mask; the picture's border is no edge."""
    b = _BORDER
    wide = cv2.copyMakeBorder(mask.astype(np.uint8), b, b, b, b, cv2.BORDER_REPLICATE)
    return cv2.distanceTransform(wide, cv2.DIST_L2, cv2.DIST_MASK_5)[b:-b, b:-b]


def distance_to(mask: Mask) -> F32:
    """Each pixel's distance to the mask."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
