"""What a fill put into one frame's hole, packed for the store."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.fill import SYNTHESISED, Bits, Filled, Picture

_MADE_UP = np.iinfo(np.int16).min
"""The distance that stands for pixels which no frame shows."""


@dataclass(frozen=True)
class Patch:
    """The pixels of one hole, in the order of ``image[hole]``.

    `values`: uint8 or uint16 (n, 3) RGB; `distance`: int16 (n,), frames from this one to the one
    that the pixel was taken from, or `_MADE_UP`; the shares are those of `Filled`.
    """

    values: NDArray
    distance: NDArray[np.int16]
    recovered: float
    synthesised: float

    @classmethod
    def nothing(cls) -> Patch:
        """The patch of a frame without a hole."""
        return cls(np.zeros((0, 3), np.uint8), np.zeros(0, np.int16), 0.0, 0.0)

    @classmethod
    def cut(cls, filled: Filled, index: int) -> Patch:
        """Take the hole's pixels out of a filled frame, the `index`-th of what was filled."""
        made_up = filled.origin == SYNTHESISED
        distance = np.where(made_up, _MADE_UP, filled.origin - index).astype(np.int16)
        return cls(filled.values, distance, filled.recovered, filled.synthesised)

    def paste(self, picture: Picture, hole: NDArray[np.bool_], index: int) -> Filled:
        """The filled frame again, of the frame's own `picture` (h, w, 3), which stays as it is.

        `index` is the frame's place in its shot, which provenance counts from.
        """
        origin = self.distance.astype(np.int32) + index
        origin[self.distance == _MADE_UP] = SYNTHESISED
        return Filled(picture, Bits(hole), self.values, origin, self.recovered, self.synthesised)

    def pack(self) -> bytes:
        """The patch as bytes."""
        stream = io.BytesIO()
        np.savez(
            stream,
            values=self.values,
            distance=self.distance,
            shares=np.array([self.recovered, self.synthesised]),
        )
        return zlib.compress(stream.getvalue(), 1)

    @classmethod
    def unpack(cls, data: bytes) -> Patch:
        """The patch that `pack` made these bytes of."""
        with np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
            recovered, synthesised = arrays["shares"].tolist()
            return cls(arrays["values"], arrays["distance"], recovered, synthesised)
