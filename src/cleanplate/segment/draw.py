"""A picture of what was found: every object in its own colour, with its number, kind and score."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cleanplate.segment.find import Found

# Okabe and Ito's eight less black and grey: told apart by colour-blind people as well.
_COLOURS = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)


def colour_of(number: int) -> tuple[int, int, int]:
    """The colour of object `number` (from 1), RGB 0..255; seven, then again from the first."""
    return _COLOURS[(number - 1) % len(_COLOURS)]


def picture(image: np.ndarray, found: Sequence[Found]) -> np.ndarray:
    """Draw the objects over their frame: RGB uint8 (h, w, 3) -> the same, a new array."""
    drawn = image.copy() if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    unit = max(image.shape[:2]) / 854  # sizes below are pixels of a frame 854 wide
    for item in found:
        colour = np.array(colour_of(item.number))
        drawn[item.mask] = (drawn[item.mask] * 0.55 + colour * 0.45).astype(np.uint8)
        outline, _ = cv2.findContours(
            item.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(drawn, outline, -1, colour_of(item.number), max(1, round(1.5 * unit)))
    for item in reversed(found):  # the surest label on top
        _label(drawn, item, unit)
    return drawn


def _label(drawn: np.ndarray, item: Found, unit: float) -> None:
    text = f"{item.number} {item.kind} {item.score:.0%}"
    scale, thickness = 0.45 * max(unit, 0.6), max(1, round(unit))
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    x = int(np.clip(item.box[0], 0, max(0, drawn.shape[1] - width - 4)))
    y = int(np.clip(item.box[1], height + below + 4, drawn.shape[0]))
    cv2.rectangle(
        drawn, (x, y - height - below - 3), (x + width + 4, y), colour_of(item.number), -1
    )
    at = (x + 2, y - below - 1)
    cv2.putText(drawn, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), thickness, cv2.LINE_AA)
