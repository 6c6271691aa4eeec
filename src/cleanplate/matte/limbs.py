"""Limbs that tracking lost: what swings into sight beside the mask, and is the subject's.

A hand that is smeared by its own speed resembles nothing that was marked, and is often not in a
tracked mask. But it hides a background that was in plain sight a frame ago, it did not come from there
along any motion that can be followed, and a network that looks for what stands out sees where it hangs
on the mask. All three together are asked for: a crowd, rippling water or ground that comes into sight
from behind the subject has but one or two of them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.detail import outline_of
from cleanplate.matte.hint import Hint
from cleanplate.matte.layers import Expected
from cleanplate.matte.motion import Carrier
from cleanplate.matte.trimap import SURE_LOOK, agreed, distance_to

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_DIFFERS = 10.0 / 255  # of colour, from the background that should be there
_IN_SIGHT = 0.5  # of the background, in the frame before, for it to be missed
_FOLLOWED = 0.2  # certainty of a motion above which something is taken to have come along it
_NOTHING = 0.1  # alpha in the frame before of what was the background's
_LOOK = 0.2  # of the network's look, where a limb begins
_WIDE = 5  # pixels: what is thinner there is no limb
_SPECK = 3  # the same of all that is found
_JOINED = 3  # pixels between a limb and the mask
_FAR = 0.4  # of the root of the mask's area: how far a limb may reach from it
_BEYOND = 0.03  # of the longest side: how far it may go on where the network sees nothing
_LARGE = 0.25  # of the mask's area: what is as large is another thing


def lost_limbs(hint: Hint, expected: Expected, image: F32, carrier: Carrier, before: F32) -> Mask:
    """Bool (h, w): what beside the mask is most likely the subject's. All False where the network means
    something else than the mask, and beside masks as fine as hair.

    `image` is float32 (h, w, 3) in 0..1, `before` the alpha of the frame before, float32 (h, w), and
    `carrier` the way from there.
    """
    mask, none = hint.mask, np.zeros_like(hint.mask)
    if hint.look is None or agreed(mask, hint.look) <= SURE_LOOK or outline_of(mask) is not None:
        return none
    off = cv2.GaussianBlur(image - expected.back, (0, 0), 1.0)
    new = np.einsum("ijk,ijk->ij", off, off) > 3 * _DIFFERS**2
    came = (carrier.sure > _FOLLOWED) & (carrier.carry(before) < _NOTHING)
    new &= ~mask & ~came & (expected.shown > _IN_SIGHT)
    new &= distance_to(mask) <= _FAR * np.sqrt(mask.sum())
    roots = _joined(_opened(new & (hint.look > _LOOK), _WIDE), mask)
    if not roots.any():
        return none
    whole = _touching(new | roots, roots) & (distance_to(roots) <= _BEYOND * max(mask.shape))
    return _opened(whole, _SPECK)


def _joined(parts: Mask, mask: Mask) -> Mask:
    """Those of some parts that hang on a mask, and are small beside it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(parts.astype(np.uint8))
    kept = np.zeros(len(stats), bool)
    kept[labels[parts & (distance_to(mask) <= _JOINED)]] = True
    kept &= stats[:, cv2.CC_STAT_AREA] < _LARGE * mask.sum()
    return kept[labels] & parts


def _touching(parts: Mask, some: Mask) -> Mask:
    """Those of the connected parts that have something of `some` in them."""
    _, labels = cv2.connectedComponents(parts.astype(np.uint8))
    kept = np.zeros(labels.max() + 1, bool)
    kept[labels[some]] = True
    return kept[labels] & parts


def _opened(mask: Mask, side: int) -> Mask:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side))) > 0
