"""The orientation tag of photographs, which PyAV cannot always hand over."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_ONE = 1 << 16
# Display matrices (a, b, u, c, d, v, x, y, w) of the eight EXIF orientations; the point (p, q)
# goes to (a p + c q, b p + d q).
_LINEAR = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def orientation_matrix(data: bytes) -> tuple[int, ...] | None:
    """The display matrix for the EXIF orientation in a JPEG, PNG, WebP or TIFF file.

    None where there is no tag, or where it says upright (EXIF 2.32, section 4.6.4).
    """
    start = _tiff_start(data)
    value = None if start is None else _first_directory(data[start:])
    if value not in _LINEAR or value == 1:
        return None
    a, b, c, d = (factor * _ONE for factor in _LINEAR[value])
    return (a, b, 0, c, d, 0, 0, 0, 1 << 30)


def _tiff_start(data: bytes) -> int | None:
    if data[:4] in (b"II*\0", b"MM\0*"):
        return 0
    for mark in (b"Exif\0\0", b"eXIf", b"EXIF"):
        at = data.find(mark, 0, 1 << 20)
        if at < 0:
            continue
        at += len(mark) + (4 if mark == b"EXIF" else 0)
        if data[at : at + 2] in (b"II", b"MM"):
            return at
    return None


def _first_directory(tiff: bytes) -> int | None:
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * entry)
            if tag == _ORIENTATION and kind == 3:
                return value
    except struct.error:
        return None
    return None
