"""Rotation and mirror flags: from the stored picture to the upright one and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a picture: transpose first, then flip rows, then columns."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @classmethod
    def from_matrix(cls, matrix: tuple[int, ...] | None) -> Orientation | None:
        """Read an ISO/IEC 14496-12 transformation matrix `(a, b, u, c, d, v, x, y, w)`.

        The point (p, q) goes to (a p + c q + x, b p + d q + y), both axes as in pictures (y
        down). None for a matrix that is not a multiple of 90 degrees or flattens the picture.
        """
        if matrix is None:
            return cls()
        a, b, _, c, d = matrix[:5]
        if b == c == 0 and a and d:
            return cls(False, d < 0, a < 0)
        if a == d == 0 and b and c:
            return cls(True, b < 0, c < 0)
        return None

    @property
    def upright(self) -> bool:
        """True where the stored picture is shown as it is."""
        return not (self.transpose or self.flip_rows or self.flip_columns)

    @property
    def mirrored(self) -> bool:
        """True where the shown picture is a mirror image of the stored one."""
        return self.transpose ^ self.flip_rows ^ self.flip_columns

    @property
    def rotation(self) -> int:
        """Clockwise degrees to turn by, after the left-to-right mirror if there is one."""
        if self.transpose:
            return 90 if self.flip_columns else 270
        return 180 if self.flip_rows else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """`(width, height)` as shown of a picture stored as `width` by `height`, or back."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, stored: np.ndarray) -> np.ndarray:
        """The upright view of `stored` (rows and columns are its first two axes); no copy."""
        shown = stored.swapaxes(0, 1) if self.transpose else stored
        shown = shown[::-1] if self.flip_rows else shown
        return shown[:, ::-1] if self.flip_columns else shown

    def undo_part(self, rows: slice, columns: slice, shown: tuple[int, ...]) -> tuple[slice, slice]:
        """Where, in the stored picture, these rows and columns of one that is `shown` (h, w) lie."""
        if self.flip_rows:
            rows = slice(shown[0] - rows.stop, shown[0] - rows.start)
        if self.flip_columns:
            columns = slice(shown[1] - columns.stop, shown[1] - columns.start)
        return (columns, rows) if self.transpose else (rows, columns)

    def undo(self, shown: np.ndarray) -> np.ndarray:
        """The stored view of `shown`: the inverse of `apply`; no copy."""
        stored = shown[:, ::-1] if self.flip_columns else shown
        stored = stored[::-1] if self.flip_rows else stored
        return stored.swapaxes(0, 1) if self.transpose else stored


def matrix_of(side_data: bytes) -> tuple[int, ...]:
    """The nine integers of a display matrix as FFmpeg stores it (host byte order)."""
    return struct.unpack("=9i", side_data[:36])
