"""Green and blue screens: alpha from how much of the screen's colour is in a pixel, and its removal.

The colour-difference key (Vlahos; Smith and Blinn, "Blue Screen Matting", SIGGRAPH 1996): the excess
of the screen's channel over the others is 1 on the screen, 0 on anything that is grey, skin or of
another colour, and in between where the two are mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import UsageError
from cleanplate.matte.spreading import spread

F32 = NDArray[np.float32]

_LEAST = 0.08  # excess of the screen's channel, of 1, below which there is no screen
_CLEAN = 0.10  # alpha below it is the screen, above 1 less it the subject, once stretched
_NEAR = 0.6  # share of the screen's usual excess above which a pixel is surely screen
_SUSTAIN = 0.35  # how much of the limiting channels' mean, against their maximum, limits spill


@dataclass(frozen=True)
class Screen:
    """A screen: which channel it is, 1 for green, 2 for blue, and its colour, RGB in 0..1."""

    channel: int
    colour: tuple[float, float, float]

    @classmethod
    def of(cls, image: NDArray) -> Screen | None:
        """The screen that fills the rim of a frame, RGB (h, w, 3); None if there is none."""
        rim = _rim(_unit(image))
        best = None
        for channel in (1, 2):
            over = excess(rim[None], channel)[0]
            share = float((over > _LEAST).mean())
            if share > 0.5 and (best is None or share > best[0]):
                colour = np.median(rim[over > _LEAST], axis=0)
                best = (share, cls(channel, tuple(float(v) for v in colour)))
        return None if best is None else best[1]

    @classmethod
    def named(cls, word: str) -> Screen:
        """The screen called "green" or "blue", or like #00b140; raises UsageError for others."""
        known = {"green": (0.0, 0.69, 0.25), "blue": (0.0, 0.28, 0.73)}
        colour = known.get(word.lower()) or parse_colour(word)
        channel = 1 if colour[1] >= colour[2] else 2
        if excess(np.float32([[colour]]), channel)[0, 0] < _LEAST:
            raise UsageError(f"{word} is no screen's colour: it must be clearly green or blue.")
        return cls(channel, colour)


def parse_colour(word: str) -> tuple[float, float, float]:
    """The RGB in 0..1 of #rgb or #rrggbb; raises UsageError."""
    digits = word.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if len(value) != 3:
        raise UsageError(f"{word!r} is no colour: write it as #rrggbb, for example #00b140.")
    return tuple(v / 255 for v in value)


def excess(image: F32, channel: int) -> F32:
    """How much a channel exceeds the greater of the other two, float32 (h, w), may be negative."""
    others = [c for c in range(3) if c != channel]
    return image[..., channel] - np.maximum(image[..., others[0]], image[..., others[1]])


def key(image: NDArray, screen: Screen) -> F32:
    """Alpha of a frame, RGB uint8 or uint16 (h, w, 3), before a screen; float32 (h, w) in 0..1.

    The screen's strength is measured at every place from the pixels around that are surely screen,
    so uneven light does not matter.
    """
    unit = _unit(image)
    over = excess(unit, screen.channel)
    usual = float(excess(np.float32([[screen.colour]]), screen.channel)[0, 0])
    sure = (over > _NEAR * usual).astype(np.float32)
    if not sure.any():
        return np.ones(over.shape, np.float32)
    sure = cv2.erode(sure, np.ones((3, 3), np.uint8))
    local = spread(np.dstack([over] * 3), sure)[..., 0] if sure.any() else np.full_like(over, usual)
    alpha = 1 - over / np.maximum(local, 0.3 * usual)
    return np.clip((alpha - _CLEAN) / (1 - 2 * _CLEAN), 0, 1).astype(np.float32)


def unspilled(foreground: NDArray, screen: Screen) -> NDArray:
    """Colours without the screen's light on them, of the same type and shape (h, w, 3).

    The screen's channel is limited by the others (between their mean and the greater of them); what
    is taken away is given back as grey, so that nothing gets darker.
    """
    unit = _unit(foreground)
    others = [c for c in range(3) if c != screen.channel]
    first, second = unit[..., others[0]], unit[..., others[1]]
    limit = (1 - _SUSTAIN) * np.maximum(first, second) + _SUSTAIN * (first + second) / 2
    taken = np.maximum(unit[..., screen.channel] - limit, 0)
    result = unit.copy()
    result[..., screen.channel] -= taken
    weights = (0.2126, 0.7152, 0.0722)  # BT.709's luma
    result += (taken * np.float32(weights[screen.channel]))[..., None]
    if foreground.dtype == np.float32:
        return np.clip(result, 0, 1)
    top = np.iinfo(foreground.dtype).max
    changed = np.rint(np.clip(result, 0, 1) * top).astype(foreground.dtype)
    return np.where((taken > 0)[..., None], changed, foreground)


def _rim(image: F32) -> F32:
    """The pixels along three sides of a picture; people stand on the fourth."""
    rows, columns = max(1, image.shape[0] // 20), max(1, image.shape[1] // 20)
    sides = (image[:rows], image[:, :columns], image[:, -columns:])
    return np.concatenate([side.reshape(-1, 3) for side in sides])


def _unit(image: NDArray) -> F32:
    if image.dtype == np.float32:
        return image
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
