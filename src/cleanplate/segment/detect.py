"""Objects by kind in one frame, as boxes: one small detector looking several times.

A detector that sees 416 pixels misses what is small in a wide frame, and a single look is noisy.
So it looks at the whole frame, at its mirror image and at overlapping squares of it, and what
several looks agree on counts for more (Solovyev et al., "Weighted boxes fusion", 2021).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cleanplate.errors import UsageError
from cleanplate.models.fetching import Watcher
from cleanplate.segment import boxes as bx
from cleanplate.segment.kinds import KINDS, kinds_named

THRESHOLD = 0.35
"""The least score at which an object of any kind is worth reporting."""
NAMED_THRESHOLD = 0.3
"""The same where the user has said what to look for: to miss it is then the worse mistake."""

_FLOOR = 0.1  # scores below this are noise in every look
_SAME_LOOK = 0.55  # IoU above which two boxes of one look are one object
_SAME_OBJECT = 0.55  # and of several looks
_SAME_THING = 0.75  # and of different kinds
_EDGE = 3  # pixels: a box that ends so near a square's inner edge was cut by it
_SQUARES_FROM = 1.25  # width over height from which squares show more than the whole
_MOST_SQUARES = 6  # in an extreme strip they become windows as long as it takes
_STEP = 0.75  # of a square's side, to the next


@dataclass(frozen=True)
class Detection:
    """One object: its kind (a name of `KINDS`), score 0..1, and box x0, y0, x1, y1 in pixels."""

    kind: str
    score: float
    box: tuple[float, float, float, float]


class Network(Protocol):
    """What a detector is built on: `NanoDet`, `CenterNet`, or one that the user brings."""

    def boxes(self, image: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (n, 4) and scores (n, kinds) in one picture."""
        ...


@dataclass(frozen=True)
class _Look:
    """A part of the frame, x0, y0, x1, y1, seen as it is or mirrored."""

    window: tuple[int, int, int, int]
    mirrored: bool


class Detector:
    """Finds objects of eighty kinds in frames.

    >>> detector = Detector()                                   # doctest: +SKIP
    >>> detector.detect(frame, ["people", "vehicle"])           # doctest: +SKIP
    [Detection(kind='person', score=0.81, box=(102.1, 40.9, 230.5, 371.2))]
    """

    def __init__(
        self,
        *,
        network: Network | None = None,
        kinds: tuple[str, ...] = KINDS,
        watch: Watcher | None = None,
    ) -> None:
        """`network` defaults to NanoDet, fetched on first use (see `cleanplate.models.fetch`).

        `kinds` names what a network of the user's own tells apart, in the order of its scores.
        """
        if network is None:
            from cleanplate.segment.nanodet import NanoDet

            network = NanoDet(watch=watch)
        self._network = network
        self._kinds = kinds

    def detect(
        self,
        image: np.ndarray,
        names: Iterable[str] | None = None,
        *,
        threshold: float | None = None,
    ) -> list[Detection]:
        """Objects in a frame, the surest first.

        Parameters
        ----------
        image
            RGB uint8 or uint16 (h, w, 3).
        names
            Which kinds, in the words that `kinds_named` understands, or names of the `kinds` that
            the network was given with; default all.
        threshold
            The least score, 0..1, at which an object is reported; default 0.3 for kinds that are
            named, else 0.35.

        Raises UsageError for a word that names no kind and for what is no frame.
        """
        if self._kinds is KINDS:
            wanted = None if names is None else kinds_named(names)
        else:
            wanted = None if names is None else set(names)
        if threshold is None:
            threshold = THRESHOLD if wanted is None else NAMED_THRESHOLD
        if image.ndim != 3 or image.shape[2] != 3:
            raise UsageError(f"A frame is an RGB array (h, w, 3), not one of shape {image.shape}.")
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        looks = _looks(image.shape[:2])
        seen = [self._look(image, look) for look in looks]
        found = []
        for kind, name in enumerate(self._kinds):
            if wanted is None or name in wanted:
                found += _agree(seen, looks, kind, name, threshold)
        return _one_kind_each(found)

    def _look(self, image: np.ndarray, look: _Look) -> tuple[np.ndarray, np.ndarray]:
        x0, y0, x1, y1 = look.window
        part = image[y0:y1, x0:x1]
        boxes, scores = self._network.boxes(part[:, ::-1] if look.mirrored else part, _FLOOR)
        if look.mirrored:
            boxes = boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [x1 - x0, 0, x1 - x0, 0]
        boxes = bx.clip(boxes, part.shape[:2]) + np.array([x0, y0, x0, y0])
        whole = ~_cut(boxes, look.window, image.shape[:2]) & (bx.area(boxes) >= 1)
        return boxes[whole], scores[whole]


def _looks(shape: tuple[int, int]) -> list[_Look]:
    """The whole frame, and a row of overlapping windows along it, each also mirrored."""
    height, width = shape
    windows = [(0, 0, width, height)]
    short, long = sorted(shape)
    if long >= _SQUARES_FROM * short:
        side = int(max(short, long / (1 + (_MOST_SQUARES - 1) * _STEP)))
        count = int(np.ceil((long - side) / (side * _STEP))) + 1
        for start in np.linspace(0, long - side, count).astype(int).tolist():
            across, down = (start, start + side), (0, short)
            (x0, x1), (y0, y1) = (across, down) if width > height else (down, across)
            windows.append((x0, y0, x1, y1))
    return [_Look(window, mirrored) for window in windows for mirrored in (False, True)]


def _cut(boxes: np.ndarray, window: tuple[int, int, int, int], shape: tuple[int, int]):
    """Which boxes end at an edge of the window that is not an edge of the frame."""
    frame = np.array([0, 0, shape[1], shape[0]])
    at_edge = np.abs(boxes - np.array(window)) < _EDGE
    return (at_edge & (np.array(window) != frame)).any(1)


def _agree(seen, looks: list[_Look], kind: int, name: str, threshold: float) -> list[Detection]:
    """What the looks, taken together, say of one kind."""
    boxes, scores, origins = [], [], []
    for i, (found, likely) in enumerate(seen):
        kept = np.flatnonzero(likely[:, kind] > _FLOOR)
        kept = kept[bx.suppress(found[kept], likely[kept, kind], _SAME_LOOK)]
        boxes.append(found[kept])
        scores.append(likely[kept, kind])
        origins.append(np.full(len(kept), i))
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    origins = np.concatenate(origins)
    result = []
    left = np.ones(len(boxes), bool)
    for first in np.argsort(-scores):
        if not left[first]:
            continue
        near = left & (bx.iou(boxes[first][None], boxes)[0] > _SAME_OBJECT)
        left &= ~near
        weights = scores[near] / scores[near].sum()
        box = (boxes[near] * weights[:, None]).sum(0)
        best = [scores[near & (origins == i)].max(initial=0.0) for i in range(len(looks))]
        score = float(np.mean([s for s, o in zip(best, looks, strict=True) if s or _sees(o, box)]))
        if score >= threshold:
            result.append(Detection(name, score, tuple(float(v) for v in box)))
    return result


def _sees(look: _Look, box: np.ndarray) -> bool:
    """Whether a look should have found a box: nearly all of it lies inside its window."""
    inside = bx.overlap(box[None], np.array(look.window, float)[None])[0, 0]
    return inside > 0.95 * bx.area(box)


def _one_kind_each(found: list[Detection]) -> list[Detection]:
    """Drop the less likely of two kinds for what is plainly the same thing."""
    if not found:
        return []
    boxes = np.array([item.box for item in found])
    scores = np.array([item.score for item in found])
    return [found[i] for i in bx.suppress(boxes, scores, _SAME_THING)]
