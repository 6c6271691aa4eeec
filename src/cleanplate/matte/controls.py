"""What the user may turn on a matte: its edge, its softness, its specks, and what is out or in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import UsageError
from cleanplate.limits import FARTHEST

F32 = NDArray[np.float32]

_SEEN = 0.05  # alpha above which a pixel belongs to a speck


@dataclass(frozen=True)
class MatteControls:
    """The controls, in the order in which they work.

    Attributes
    ----------
    despeckle
        Islands, and gaps in the subject, of fewer square pixels than this go.
    choke
        Moves the edge inwards by so many pixels, outwards where it is negative.
    feather
        Softens the edge by so many pixels, both ways.
    gamma
        Above 1 makes what is half there more solid, below 1 thinner; 1 leaves it.
    """

    despeckle: int = 0
    choke: float = 0.0
    feather: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if self.gamma <= 0:
            raise UsageError(
                f"A matte's gamma is more than 0, not {self.gamma}; 1 leaves it as is."
            )
        if self.feather < 0 or self.despeckle < 0:
            raise UsageError("feather and despeckle are 0 or more; 0 leaves the matte as it is.")
        if not (abs(self.choke) <= FARTHEST and self.feather <= FARTHEST):
            raise UsageError(f"choke and feather are distances of at most {FARTHEST:g} pixels.")

    @property
    def neutral(self) -> bool:
        """Whether nothing was turned."""
        return self == MatteControls()

    def scaled(self, by: float) -> MatteControls:
        """The same on a picture that is so many times as large."""
        return MatteControls(
            round(self.despeckle * by * by), self.choke * by, self.feather * by, self.gamma
        )

    def apply(self, alpha: F32) -> F32:
        """A matte, float32 (h, w) in 0..1, with the controls applied."""
        if self.despeckle:
            alpha = _despeckled(alpha, self.despeckle)
        if self.choke:
            alpha = _choked(alpha, self.choke)
        if self.feather:
            alpha = cv2.GaussianBlur(alpha, (0, 0), self.feather / 2)
        if self.gamma != 1:
            alpha = np.clip(alpha, 0, 1) ** np.float32(1 / self.gamma)
        return np.clip(alpha, 0, 1).astype(np.float32)


def hold(alpha: F32, inside: NDArray[np.bool_] | None, garbage: NDArray[np.bool_] | None) -> F32:
    """A matte with what must be in it (`inside`) at 1, and what must not (`garbage`) at 0."""
    if inside is not None:
        alpha = np.where(inside, np.float32(1), alpha)
    if garbage is not None:
        alpha = np.where(garbage, np.float32(0), alpha)
    return alpha


def _despeckled(alpha: F32, area: int) -> F32:
    alpha = np.where(_small_pieces(alpha > _SEEN, area), np.float32(0), alpha)
    return np.where(_small_pieces(alpha < 1 - _SEEN, area), np.float32(1), alpha)


def _small_pieces(mask: NDArray[np.bool_], area: int) -> NDArray[np.bool_]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False
    return small[labels]


def _choked(alpha: F32, pixels: float) -> F32:
    """Grey-scale erosion (dilation where negative) by a disc; parts of a pixel are blended."""
    whole, part = int(abs(pixels)), abs(pixels) % 1
    moved = _moved(alpha, whole, pixels > 0)
    if part:
        moved = moved + np.float32(part) * (_moved(alpha, whole + 1, pixels > 0) - moved)
    return moved


def _moved(alpha: F32, radius: int, inwards: bool) -> F32:
    if radius == 0:
        return alpha
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    turn = cv2.erode if inwards else cv2.dilate
    return turn(alpha, disc, borderType=cv2.BORDER_REPLICATE)
