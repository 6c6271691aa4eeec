"""Two opinions of one frame, from the mark before it and from the mark after it, made one."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from cleanplate.track.follow import Found


@dataclass(frozen=True)
class Pressed:
    """A `Found` with its soft mask as a PNG of 8 bits: some kilobytes."""

    data: bytes = field(repr=False)
    score: float
    present: bool

    def found(self) -> Found:
        """Unpack."""
        grey = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_UNCHANGED)
        return Found(grey.astype(np.float32) / 255, self.score, self.present)


def press(item: Found) -> Pressed:
    """Pack for keeping."""
    grey = np.rint(item.soft * 255).astype(np.uint8)
    _, data = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return Pressed(data.tobytes(), item.score, item.present)


def blend(
    forwards: Found | None,
    backwards: Found | None,
    before: float,
    after: float,
    shape: tuple[int, int],
) -> Found:
    """Weigh what was found coming from a mark `before` frames back and one `after` frames ahead.

    Distances are infinite where there is no such mark. Each side weighs by its score and by how
    near its mark is.
    """
    if forwards is None and backwards is None:
        return Found(np.zeros(shape, np.float32), 0.0, False)
    if backwards is None or not np.isfinite(after):
        return forwards or Found(np.zeros(shape, np.float32), 0.0, False)
    if forwards is None or not np.isfinite(before):
        return backwards
    near = 1 / (1 + before), 1 / (1 + after)
    weights = [n * (0.05 + side.score) for n, side in zip(near, (forwards, backwards), strict=True)]
    total = sum(weights)
    soft = (weights[0] * forwards.soft + weights[1] * backwards.soft) / total
    score = (weights[0] * forwards.score + weights[1] * backwards.score) / total
    return Found(soft.astype(np.float32), score, forwards.present or backwards.present)
