"""The fine detail of a mask, such as a user gives, kept when tracking goes on with smooth ones.

A mask with every lock of hair and every strap in it says more of the subject's outline than the masks
that are tracked from it, which fill the gaps between hairs and lose what is thin. So its gaps and
tips are carried along by the subject's own motion, and the tracked mask decides on all else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.motion import moved

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_THIN = 0.008  # of the longest side: half of what is too thick to be detail
_HAIR = 0.0045  # the same, of what counts when a mask is asked how fine it is: limbs must not
_FINE = 0.3  # of the pixels of its outline: as much detail makes a mask a fine one
_FINER = 2.0  # times as much detail as the mask at hand must what is carried to it have
_AROUND = 0.0125  # of the longest side: how far around its detail a fine mask's edge is soft
_SEEN = 0.02  # of the trust in what is expected of a frame: less is another picture


@dataclass(frozen=True)
class Outline:
    """A fine mask, bool (h, w), and where in it each pixel of the frame at hand is: `x` and `y`,
    float32 (h, w)."""

    mask: Mask = field(repr=False)
    x: F32 = field(repr=False)
    y: F32 = field(repr=False)

    def moved(self, x: F32, y: F32) -> Outline:
        """The same in the next frame, each of whose pixels was at `x` and `y` in this one."""
        return replace(self, x=moved(self.x, x, y), y=moved(self.y, x, y))

    @property
    def here(self) -> Mask:
        """The mask where it is now."""
        return moved(self.mask.astype(np.float32), self.x, self.y) > 0.5


def outline_of(mask: Mask) -> Outline | None:
    """What there is to carry on of a mask; None if it has no more detail than tracked ones."""
    if _fineness(mask) < _FINE:
        return None
    rows, columns = np.indices(mask.shape, dtype=np.float32)
    return Outline(mask, columns, rows)


def detailed(mask: Mask, outline: Outline, trust: F32) -> Mask:
    """A mask with the gaps of an outline, and with its tips where float32 `trust` (h, w), in what is
    expected of the frame, speaks for them; as it is if it has detail of its own."""
    fine = outline.here
    if _fineness(fine) < _FINER * _fineness(mask):
        return mask
    gaps, tips = _detail(fine)
    return (mask & ~gaps) | (tips & (trust > _SEEN))


def soft_around(mask: Mask) -> Mask:
    """Bool (h, w): where a fine mask's detail is, and just around it: what is mixed is not as narrow
    there as along a smooth edge. Nowhere for other masks."""
    if _fineness(mask) < _FINE:
        return np.zeros_like(mask)
    gaps, tips = _detail(mask)
    radius = round(_AROUND * max(mask.shape))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate((gaps | tips).astype(np.uint8), disc) > 0


def _fineness(mask: Mask) -> float:
    """How much of a mask is detail, in pixels for each of its outline."""
    gaps, tips = _detail(mask, _HAIR)
    edge = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    return np.count_nonzero(gaps | tips) / max(np.count_nonzero(edge), 1)


def _detail(mask: Mask, thin: float = _THIN) -> tuple[Mask, Mask]:
    """The thin gaps in a mask, and its own thin parts."""
    radius = max(3, round(thin * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # The picture goes on beyond its border.
    edge = radius + 1
    wide = cv2.copyMakeBorder(mask.astype(np.uint8), edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    filled, cleared = (
        cv2.morphologyEx(wide, how, disc)[edge:-edge, edge:-edge] > 0
        for how in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN)
    )
    return filled & ~mask, mask & ~cleared
