"""Cut a stream of frames into shots while it is read: frames in memory can be read only once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_WIDTH = 256
"""Detection looks at pictures of this width: what tells a cut survives the shrinking."""

_RATIO = 3.0
"""A cut is this many times more change than the frames around it show (PySceneDetect's own)."""

_SHORTEST = 5
"""Frames that a shot has at least."""


def number_shots(items: Iterable[T], picture_of: Callable[[T], NDArray]) -> Iterator[tuple[int, T]]:
    """Each item with the number of its shot, counted from 0, a few items behind the input.

    `picture_of` gives an item's RGB (h, w, 3), uint8 or uint16, or its `thumbnail`. Uses PySceneDetect's adaptive
    detector, which decides on a frame once it has seen the two after it.
    """
    from scenedetect.detectors import AdaptiveDetector

    detector = AdaptiveDetector(adaptive_threshold=_RATIO, min_scene_len=_SHORTEST)
    waiting: deque[tuple[int, T]] = deque()
    cuts: set[int] = set()
    shot = 0
    for index, item in enumerate(items):
        waiting.append((index, item))
        small = thumbnail(picture_of(item))
        cuts.update(detector.process_frame(index, np.ascontiguousarray(small[..., ::-1])))
        while index - waiting[0][0] >= detector.event_buffer_length:
            number, ready = waiting.popleft()
            shot += number in cuts
            yield shot, ready
    for number, ready in waiting:
        shot += number in cuts
        yield shot, ready


def by_shot(numbered: Iterable[tuple[int, T]]) -> Iterator[Iterator[T]]:
    """One iterator a shot, to be read in turn, from what `number_shots` gives."""
    for _, shot in groupby(numbered, itemgetter(0)):
        yield (item for _, item in shot)


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the small picture that is enough to tell a cut."""
    if width <= _WIDTH:
        return width, height
    return _WIDTH, max(1, round(height * _WIDTH / width))


def thumbnail(image: NDArray) -> NDArray[np.uint8]:
    """What cuts are told by: RGB (h, w, 3), uint8 or uint16, as 8 bits and small. A thumbnail's is
    itself."""
    height, width = image.shape[:2]
    size = thumbnail_size(width, height)
    if width >= 2 * size[0]:  # halving costs a tenth of any other ratio
        image = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    if size != (image.shape[1], image.shape[0]):
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    return image
