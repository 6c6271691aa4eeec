"""People by a network so small that it keeps up with the film, its coarse masks refined.

MediaPipe's selfie segmentation (Apache-2.0) gives 256x256 pixels, each frame by itself. It looks
twice, at the frame and closely at the people that it saw there; what it sees is held to the frame
before along the motion; and edges are moved to the frame's own by the solver of `laplacian`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate import models
from cleanplate.matte.colour import foreground_of
from cleanplate.matte.laplacian import solve
from cleanplate.matte.motion import follow
from cleanplate.matte.trimap import around
from cleanplate.models.fetching import Watcher

F32 = NDArray[np.float32]

NETWORK = "selfie"

_SIDE = 256  # pixels of the network's square input
_COARSE = 320  # pixels: the longest side of what is steadied
_ROOM = 0.2  # of the people's longer side: what is looked at around them
_SEEN = 0.5  # above it the network means a person
_GUESSED = 0.3  # above it there may be one, before anything is known
_FIRST_LOOKS = 3  # at most, until the people in the first frame are wholly in the picture
_BESIDE = 0.2  # of the largest person: smaller parts are none
_LASTING = 0.7  # what the frame before weighs where motion is sure
_SURE = (0.3, 0.9)  # of what the network says: less is none, more is all
_HELD = 0.01  # what that weighs against smoothness along the frame's edges
_ROUNDS = 20
_NOISE = 3e-5  # the variance of colour (0..1) taken for noise


@dataclass(frozen=True)
class _Before:
    image: NDArray[np.uint8] = field(repr=False)
    share: F32 = field(repr=False)


class LightPeopleMatter:
    """Mattes of all the people in the frames of one shot, in order.

    >>> matter = LightPeopleMatter()                               # doctest: +SKIP
    >>> alpha, foreground = matter.matte(frame)                    # doctest: +SKIP
    """

    def __init__(self, *, watch: Watcher | None = None) -> None:
        """Load the network, fetching it on first use; raises ModelError when it cannot be had."""
        self._session = models.session(NETWORK, watch=watch)
        (self._input,), (self._output,) = self._session.inputs, self._session.outputs
        self._before: _Before | None = None

    def restart(self) -> None:
        """Forget the frames before: a new shot begins."""
        self._before = None

    def matte(self, image: NDArray) -> tuple[F32, F32]:
        """Alpha, float32 (h, w), and foreground, float32 (h, w, 3) in 0..1, of the next frame.

        `image` is RGB uint8 or uint16 (h, w, 3).
        """
        unit = image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
        share = self._steady(unit, self._closely(unit))
        alpha, front = np.zeros(image.shape[:2], np.float32), unit.copy()
        coarse = _settled(cv2.resize(share, image.shape[1::-1], interpolation=cv2.INTER_CUBIC))
        if (coarse > 0).any():
            place = around(coarse > 0, 0, 8)
            near = np.ascontiguousarray(unit[place])
            alpha[place] = _refined(near, np.ascontiguousarray(coarse[place]))
            front[place] = _colours(near, alpha[place])
        return alpha, front

    def _closely(self, unit: F32) -> F32:
        """How likely each pixel is a person, at the size that is steadied."""
        scale = min(1.0, _COARSE / max(unit.shape[:2]))
        size = tuple(max(1, round(n * scale)) for n in unit.shape[1::-1])
        share = self._look(unit, size)
        before = self._before
        if before is not None and before.share.shape == share.shape:
            known = _main_parts(before.share, _SEEN)
            # Who comes in is seen in the whole frame, surely and at some size.
            fresh = _main_parts(share, _SURE[1], np.count_nonzero(known))
            if known.any():
                return self._within(unit, known | fresh)
        # Far away, people are seen in part at first: what is found says where to look better.
        for _ in range(_FIRST_LOOKS):
            people = _main_parts(share, _GUESSED)
            if not people.any():
                break
            share = self._within(unit, people)
        return share

    def _within(self, unit: F32, people: NDArray[np.bool_]) -> F32:
        """What is seen in the part of a frame around people, nothing elsewhere."""
        share = np.zeros(people.shape, np.float32)
        place = around(people, _ROOM)
        part = share[place]
        x, y = unit.shape[1] / people.shape[1], unit.shape[0] / people.shape[0]
        rows, columns = place
        crop = unit[
            round(rows.start * y) : round(rows.stop * y),
            round(columns.start * x) : round(columns.stop * x),
        ]
        part[:] = self._look(crop, part.shape[::-1])
        return share

    def _look(self, unit: F32, size: tuple[int, int]) -> F32:
        square = cv2.resize(unit, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        answer = self._session.run({self._input: square[None]}, keep_memory=True)[self._output]
        return np.clip(cv2.resize(answer[0, ..., 0], size, interpolation=cv2.INTER_LINEAR), 0, 1)

    def _steady(self, unit: F32, share: F32) -> F32:
        """What was seen, held to the frame before where that is the same thing."""
        small = cv2.resize(unit, share.shape[::-1], interpolation=cv2.INTER_AREA)
        image = np.rint(small * 255).astype(np.uint8)
        before = self._before
        if before is not None and before.image.shape == image.shape:
            carrier = follow(before.image, image)
            share = share + _LASTING * carrier.sure * (carrier.carry(before.share) - share)
        self._before = _Before(image, share)
        return share


def _main_parts(share: F32, least: float, beside: int = 0) -> NDArray[np.bool_]:
    """The people above some likelihood: of connected parts those not much smaller than the largest,
    or than `beside`, in pixels."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats((share > least).astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return (areas > _BESIDE * max(areas.max(), beside, 1))[parts]


def _settled(share: F32) -> F32:
    low, high = _SURE
    return np.clip((share - np.float32(low)) / np.float32(high - low), 0, 1)


def _refined(image: F32, coarse: F32) -> F32:
    """A coarse matte with its edges moved to the image's own."""
    reach = max(2, round(1.5 * max(image.shape[:2]) / _SIDE))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    mixed = (coarse > 0.01) & (coarse < 0.99)
    band = cv2.dilate((mixed | _edge(coarse > 0.5)).astype(np.uint8), disc) > 0
    start = np.where(band, coarse, np.rint(coarse)).astype(np.float32)
    trust = np.full(coarse.shape, _HELD, np.float32)
    return solve(image, start, band, trust, coarse, epsilon=_NOISE, rounds=_ROUNDS)


def _colours(image: F32, alpha: F32) -> F32:
    """The people's own colours, found at half the size: they are smooth, and a third of the time
    would go into more."""
    size = alpha.shape[::-1]
    half = tuple(max(1, n // 2) for n in size)
    small, cover = (cv2.resize(v, half, interpolation=cv2.INTER_AREA) for v in (image, alpha))
    front, _ = foreground_of(small, cover)
    return cv2.resize(front, size, interpolation=cv2.INTER_LINEAR)


def _edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    plain = mask.astype(np.uint8)
    return cv2.morphologyEx(plain, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
