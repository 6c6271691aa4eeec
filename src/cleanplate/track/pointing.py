"""From what the user points at on one frame to a mask of it there."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import cv2
import numpy as np

from cleanplate.errors import UsageError
from cleanplate.segment.correct import corrected, with_context
from cleanplate.segment.prompt import Prompt
from cleanplate.track.follow import box_of
from cleanplate.track.grids import inside, to_frame, to_grid
from cleanplate.track.network import Look, Network
from cleanplate.track.window import Window, choose_window, whole

_KEPT = 4  # looks; two for each of the frames that a user goes back and forth between
_SURE = 8.0  # the logit of a mask that is to be corrected
_CLEARLY = 0.15  # by how much a larger reading of a click may be less sure and still be meant
_HOLDS = 0.8  # share of a smaller reading that a larger one must hold to be its whole


@dataclass(frozen=True)
class Answer:
    """A mask, bool (h, w), and what else the prompt could have meant, best first."""

    mask: np.ndarray = field(repr=False)
    others: list[np.ndarray] = field(repr=False)


class Pointing:
    """Answers prompts, looking once at the whole frame and once closer."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._looks: OrderedDict[tuple[int, Window], Look] = OrderedDict()

    def answer(self, image: np.ndarray, frame: int, prompt: Prompt) -> Answer:
        """The mask that a prompt means on a frame, RGB uint8 (h, w, 3), whose number is `frame`.

        Raises UsageError when the prompt is empty or lies outside the frame.
        """
        if prompt.mask is not None:
            masks = self._masks(image, frame, with_context(prompt))
            masks = [corrected(prompt.mask, mask, prompt) for mask in masks]
        else:
            masks = self._masks(image, frame, prompt)
        return Answer(masks[0], masks[1:])

    def _masks(self, image: np.ndarray, frame: int, prompt: Prompt) -> list[np.ndarray]:
        """What a prompt may mean, the likeliest first."""
        shape = image.shape[:2]
        points, labels = prompt.located()
        box = None if prompt.box is None else _clipped(prompt.box, shape)
        _check(points, labels, box, prompt.mask, shape)
        rough = prompt.mask
        if rough is None and box is None:
            look = self._look(image, frame, whole(shape))
            rough = _read(self._network, look, points, labels, None, None, shape)[0]
        around = _around(rough, box, points, shape)
        look = self._look(image, frame, around)
        given = None if prompt.mask is None else _as_logits(look, prompt.mask)
        if prompt.ambiguous and box_of(rough) is not None:
            return _read(self._network, look, points, labels, None, None, shape)
        return _read(self._network, look, points, labels, box, given, shape)

    def _look(self, image: np.ndarray, frame: int, window: Window) -> Look:
        key = (frame, window)
        if key not in self._looks:
            self._looks[key] = self._network.look(image, window)
        self._looks.move_to_end(key)
        while len(self._looks) > _KEPT:
            self._looks.popitem(last=False)
        return self._looks[key]


def _read(
    network: Network,
    look: Look,
    points: np.ndarray,
    labels: np.ndarray,
    box: np.ndarray | None,
    given: np.ndarray | None,
    shape: tuple[int, int],
) -> list[np.ndarray]:
    """The network's four masks, the one that is meant first; bool (h, w)."""
    reply = network.masks(look, points, labels, box, given)
    scores = reply.scores
    masks = [to_frame(look, answer, shape, outside=-1.0) > 0 for answer in reply.logits]
    single = len(points) == 1 and box is None and given is None
    order = _meant(scores, masks) if single else [0, 1, 2, 3]
    return [masks[i] for i in order]


def _meant(scores: np.ndarray, masks: list[np.ndarray]) -> list[int]:
    """The readings of a single click, the likeliest first.

    A click on a coat means the person rather more often than the coat, so the largest reading is
    taken that the network is not much less sure of and that is a thing and not the ground.
    """
    best = float(scores[1:].max())
    larger = [3, 2, 1]
    for i in larger[:2]:
        part = masks[i - 1]
        holds = np.count_nonzero(masks[i] & part) > _HOLDS * np.count_nonzero(part)
        if scores[i] > best - _CLEARLY and holds and not _is_ground(masks[i]):
            return [i, *(j for j in larger if j != i), 0]
    return [*sorted((1, 2, 3), key=lambda i: -scores[i]), 0]


def _is_ground(mask: np.ndarray) -> bool:
    """Whether a mask reaches three of the frame's sides, or most of the frame."""
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return sum(side.mean() > 0.1 for side in sides) >= 3 or mask.mean() > 0.6


def _around(
    rough: np.ndarray | None,
    box: np.ndarray | None,
    points: np.ndarray,
    shape: tuple[int, int],
) -> Window:
    """The window to look into: around everything that was pointed at and what that might mean."""
    corners = [points] if len(points) else []
    if box is not None:
        corners.append(box.reshape(2, 2))
    found = box_of(rough) if rough is not None else None
    if found is not None:
        corners.append(np.array(found, float).reshape(2, 2))
    every = np.vstack(corners)
    low, high = np.floor(every.min(axis=0)), np.ceil(every.max(axis=0)) + 1
    low, high = np.maximum(low, 0), np.minimum(high, shape[::-1])
    return choose_window((int(low[0]), int(low[1]), int(high[0]), int(high[1])), shape)


def _as_logits(look: Look, mask: np.ndarray) -> np.ndarray:
    share = to_grid(look, mask.astype(np.float32))
    logits = np.where(inside(look), _SURE * (2 * share - 1), -_SURE)
    return cv2.GaussianBlur(logits.astype(np.float32), (0, 0), 1.0)


def _clipped(box: tuple[float, ...], shape: tuple[int, int]) -> np.ndarray:
    limits = np.array([shape[1], shape[0], shape[1], shape[0]], float)
    return np.clip(np.asarray(box, float), 0, limits)


def _check(
    points: np.ndarray,
    labels: np.ndarray,
    box: np.ndarray | None,
    mask: np.ndarray | None,
    shape: tuple[int, int],
) -> None:
    height, width = shape
    if box is not None and (box[2] - box[0] < 1 or box[3] - box[1] < 1):
        raise UsageError(f"The box lies outside the frame of {width}x{height}.")
    outside = (points < -0.5) | (points > np.array([width, height]) - 0.5)
    if outside.any():
        x, y = points[outside.any(axis=1)][0]
        raise UsageError(f"The point {x:g},{y:g} lies outside the frame of {width}x{height}.")
    if box is None and mask is None and not labels.any():
        raise UsageError("Only what is not the object was pointed at: point at the object too.")
