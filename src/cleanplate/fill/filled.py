"""What goes into a fill and what comes out of it; loads no compiled code."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

#: Provenance of pixels outside the hole, and of pixels that no frame shows.
KEPT, SYNTHESISED = -1, -2


def grey_level(kind: np.dtype) -> float:
    """What one of 255 grey levels is in pictures of a type: 257 in uint16, else 1."""
    return 257.0 if kind == np.uint16 else 1.0


class Picture(Protocol):
    """A frame of the clip, RGB (h, w, 3), uint8 or uint16: an array, or what makes parts of one when
    they are asked for. A window holds some hundred, of which a fill only samples small parts."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype: ...

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        """The pixels of these rows and columns."""
        ...


class Bits:
    """A mask, bool (h, w), eight pixels a byte."""

    def __init__(self, mask: np.ndarray) -> None:
        self._shape = mask.shape
        self._bits = np.packbits(mask)
        self._mask = weakref.ref(mask)

    def is_of(self, mask: np.ndarray) -> bool:
        """Whether this was made of that very array."""
        return self._mask() is mask

    def unpack(self) -> np.ndarray:
        """The mask again."""
        count = self._shape[0] * self._shape[1]
        return np.unpackbits(self._bits, count=count).reshape(self._shape).view(bool)


@dataclass(frozen=True)
class Filled:
    """One frame with its hole filled.

    Attributes:
        picture: the frame as it was given.
        hole: the pixels that were replaced.
        values: (n, 3), the dtype of the input, what was put there, in the order of ``image[hole]``.
        origin: int32 (n,), index, within the shot, of the frame that each was taken from, or
            SYNTHESISED.
        recovered: share of the hole, 0..1, taken from other frames; 0 without a hole.
        synthesised: share of the hole, 0..1, made up; 0 without a hole.
    """

    picture: Picture = field(repr=False)
    hole: Bits = field(repr=False)
    values: np.ndarray = field(repr=False)
    origin: np.ndarray = field(repr=False)
    recovered: float
    synthesised: float

    @cached_property
    def image(self) -> np.ndarray:
        """(h, w, 3), the dtype of the input; untouched outside the hole."""
        image = np.array(self.picture[:, :])
        if len(self.values):
            image[self.hole.unpack()] = self.values
        return image

    @cached_property
    def provenance(self) -> np.ndarray:
        """int32 (h, w): `origin` in the hole, KEPT outside it."""
        where = np.full(self.picture.shape[:2], KEPT, np.int32)
        if len(self.origin):
            where[self.hole.unpack()] = self.origin
        return where
