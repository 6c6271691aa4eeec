"""What a fill put into one frame's hole, packed for the store."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.fill import KEPT, SYNTHESISED, Filled

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
    def cut(cls, filled: Filled, hole: NDArray[np.bool_], index: int) -> Patch:
        """Take the hole's pixels out of a filled frame, the `index`-th of what was filled."""
        sources = filled.provenance[hole]
        distance = np.where(sources == SYNTHESISED, _MADE_UP, sources - index).astype(np.int16)
        return cls(filled.image[hole], distance, filled.recovered, filled.synthesised)

    def paste(
        self, image: NDArray, hole: NDArray[np.bool_], index: int, sourced: bool = True
    ) -> Filled:
        """The filled frame again, of the frame's own `image` (h, w, 3), which stays as it is.

        `index` is the frame's place in its shot, which provenance counts from. Where nobody will
        look at provenance, `sourced` False leaves it out (all is KEPT), and its memory.
        """
        result = image.copy()
        result[hole] = self.values
        if not sourced:
            nowhere = np.broadcast_to(np.int32(KEPT), hole.shape)
            return Filled(result, nowhere, self.recovered, self.synthesised)
        provenance = np.full(hole.shape, KEPT, np.int32)
        sources = self.distance.astype(np.int32) + index
        provenance[hole] = np.where(self.distance == _MADE_UP, SYNTHESISED, sources)
        return Filled(result, provenance, self.recovered, self.synthesised)

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
