"""Between the numbers in a file and light: transfer functions.

ITU-T H.273, table 3. Mixing colours (opacity, blur, glow) is right in light and wrong in code
values: an edge mixed in code values has a dark rim.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_STEPS = 4096  # of the tables; between them values are interpolated

_A, _B = 1.099296826809442, 0.018053968510807  # BT.709 and BT.2020, in full precision
_PQ = (2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32)
_HLG = (0.17883277, 0.28466892, 0.55991073)
_GAMMAS = {"gamma22": 2.2, "gamma28": 2.8, "smpte428": 2.6}
_SRGB = ("iec61966-2-1", "unspecified")
_LINEAR = ("linear",)


def to_light(image: NDArray, transfer: str) -> F32:
    """Light, float32 (h, w, 3) with white at 1, of RGB (h, w, 3): uint8, uint16, or float in 0..1.

    `transfer` is FFmpeg's name; what is untagged is taken for sRGB. Names that are not in the table
    have BT.709's curve, as all the older television standards nearly do.
    """
    if image.dtype == np.uint8:
        return cv2.LUT(image, _decode(np.arange(256) / 255, transfer).astype(np.float32))
    values = image.astype(np.float32)
    if image.dtype == np.uint16:
        values /= np.float32(65535)
    grid = np.linspace(0, 1, _STEPS)
    return _looked_up(values, _decode(grid, transfer).astype(np.float32))


def from_light(light: F32, transfer: str, dtype: type) -> NDArray:
    """RGB of type uint8 or uint16 (or float32 in 0..1) from light with white at 1."""
    # The curve is steepest near black: a table in the fourth root of light follows it there.
    grid = np.linspace(0, 1, _STEPS) ** 4
    table = _encode(grid, transfer).astype(np.float32)
    root = np.sqrt(np.sqrt(np.clip(light, 0, 1)))
    values = _looked_up(root, table)
    if dtype == np.float32:
        return values
    return np.rint(values * np.float32(np.iinfo(dtype).max)).astype(dtype)


def _looked_up(values: F32, table: F32) -> F32:
    place = np.clip(values, 0, 1) * np.float32(len(table) - 1)
    low = np.minimum(place.astype(np.int32), len(table) - 2)
    share = place - low
    return table[low] * (1 - share) + table[low + 1] * share


def _decode(v: NDArray, transfer: str) -> NDArray:
    if transfer in _LINEAR:
        return v
    if transfer in _GAMMAS:
        return v ** _GAMMAS[transfer]
    if transfer in _SRGB:
        return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    if transfer == "smpte2084":
        m1, m2, c1, c2, c3 = _PQ
        root = v ** (1 / m2)
        return (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    if transfer == "arib-std-b67":
        a, b, c = _HLG
        return np.where(v <= 0.5, v * v / 3, (np.exp((v - c) / a) + b) / 12)
    return np.where(v < 4.5 * _B, v / 4.5, ((v + _A - 1) / _A) ** (1 / 0.45))


def _encode(x: NDArray, transfer: str) -> NDArray:
    if transfer in _LINEAR:
        return x
    if transfer in _GAMMAS:
        return x ** (1 / _GAMMAS[transfer])
    if transfer in _SRGB:
        return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    if transfer == "smpte2084":
        m1, m2, c1, c2, c3 = _PQ
        power = x**m1
        return ((c1 + c2 * power) / (1 + c3 * power)) ** m2
    if transfer == "arib-std-b67":
        a, b, c = _HLG
        return np.where(x <= 1 / 12, np.sqrt(3 * x), a * np.log(np.maximum(12 * x - b, 1e-9)) + c)
    return np.where(x < _B, 4.5 * x, _A * x**0.45 - (_A - 1))
