"""Mattes for a run: the ways to get one, each from frames with masks to cuts, shot by shot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import tee
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import UsageError
from cleanplate.matte import Cut, Hint, MatteSettings, matte_shot
from cleanplate.matte.colour import foreground_of
from cleanplate.matte.keyer import Screen, key, unspilled
from cleanplate.matte.light_people import NETWORK as LIGHT_PEOPLE
from cleanplate.matte.light_people import LightPeopleMatter
from cleanplate.matte.look import NETWORK as LOOK
from cleanplate.matte.look import Looker
from cleanplate.matte.people import NETWORK as PEOPLE
from cleanplate.matte.people import PeopleMatter
from cleanplate.matte.trimap import Trimap
from cleanplate.segment.edges import grow, shrink

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

METHODS = ("careful", "people", "people-light", "key")

NETWORKS = {"careful": LOOK, "people": PEOPLE, "people-light": LIGHT_PEOPLE}
"""The network that a method runs, where it runs one; a careful matte of one frame is made without."""

_REACH = 0.15  # of the root of a mask's area: how far a network's matte may reach beyond it
_BAND = 0.06  # of the same: half the unknown band of a trimap made of a mask


@dataclass(frozen=True)
class Given:
    """A frame to matte: RGB uint8 or uint16 (h, w, 3), its mask, bool (h, w), None for none; where
    it is known, the background alone and where it was really seen, bool (h, w)."""

    image: NDArray
    mask: Mask | None
    plate: NDArray | None = None
    seen: Mask | None = None


class Matter(ABC):
    """One way to get mattes."""

    needs_masks = False

    @abstractmethod
    def cut_shot(self, shot: Iterable[Given]) -> Iterator[Cut]:
        """The cuts of one shot's frames, in order, streaming."""

    def cut_one(self, given: Given) -> Cut:
        """One frame by itself."""
        [cut] = self.cut_shot([given])
        return cut


class CarefulMatter(Matter):
    """Masks made mattes: any subject. A network looks at each closely, unless `look` is False."""

    needs_masks = True

    def __init__(
        self,
        settings: MatteSettings | None = None,
        *,
        look: bool = True,
        watch: Watcher | None = None,
    ) -> None:
        self._settings = settings
        self._looker = Looker(watch=watch) if look else None

    def cut_shot(self, shot: Iterable[Given]) -> Iterator[Cut]:
        # The network looks at the next frame while this one is solved, which keeps two cores busy.
        with ThreadPoolExecutor(1, "look") as thread:
            for_images, for_hints = tee(_one_ahead(shot, self._hint, thread))
            images = (given.image for given, _ in for_images)
            hints = (hint.result() for _, hint in for_hints)
            yield from matte_shot(images, hints, self._settings)

    def _hint(self, given: Given) -> Hint:
        look = None if self._looker is None else self._looker.look(given.image, given.mask)
        seen = None if given.seen is None else given.seen.astype(np.float32)
        return Hint(given.mask, None, look, given.plate, seen)


class PeopleCutter(Matter):
    """People by a network of their own; with masks, only those that are marked."""

    def __init__(self, matter: PeopleMatter | LightPeopleMatter) -> None:
        self._matter = matter

    def cut_shot(self, shot: Iterable[Given]) -> Iterator[Cut]:
        self._matter.restart()
        for given in shot:
            alpha, front = self._matter.matte(given.image)
            alpha = _near(alpha, given.mask)
            yield Cut(alpha, _coloured(given.image, alpha, front), _trimap(alpha))


class OwnCutter(Matter):
    """A matting network of the user's own (see `cleanplate.models.custom`)."""

    def __init__(self, name: str) -> None:
        from cleanplate.models import custom

        network = custom.load(name)
        if not isinstance(network, custom.CustomMatte):
            raise UsageError(f"{name} makes no mattes. Name a network added with --task matte.")
        self._network = network
        self.needs_masks = network.guided is not None

    def cut_shot(self, shot: Iterable[Given]) -> Iterator[Cut]:
        self._network.reset()
        for given in shot:
            alpha, front = self._network.matte(given.image, self._guide(given.mask))
            alpha = _near(alpha, given.mask)
            if front is None:
                top = np.iinfo(given.image.dtype).max
                front, _ = foreground_of(given.image.astype(np.float32) / top, alpha)
            yield Cut(alpha, _coloured(given.image, alpha, front), _trimap(alpha))

    def _guide(self, mask: Mask | None) -> NDArray | None:
        """What the network wants beside the picture: nothing, the mask, or a trimap around it."""
        if self._network.guided is None or mask is None:
            return None
        if self._network.guided == "mask":
            return mask
        reach = max(3.0, _BAND * float(np.sqrt(np.count_nonzero(mask))))
        sure, never = shrink(mask, reach), ~grow(mask, reach)
        return np.where(sure, 1, np.where(never, 0, 0.5)).astype(np.float32)


class KeyMatter(Matter):
    """A green or blue screen, found on the first frame of each shot unless it is named."""

    def __init__(self, screen: str | None = None) -> None:
        self._named = None if screen is None else Screen.named(screen)

    def cut_shot(self, shot: Iterable[Given]) -> Iterator[Cut]:
        screen = self._named
        for given in shot:
            screen = screen or Screen.of(given.image)
            if screen is None:
                raise UsageError(
                    "No green or blue screen was found around the picture. Name its colour with "
                    "--screen, or cut the subject out without --method key."
                )
            alpha = key(given.image, screen)
            if given.mask is not None:
                alpha = np.where(given.mask, alpha, np.float32(0))
            clean = unspilled(given.image, screen)
            yield Cut(alpha, clean, Trimap(alpha >= 1, alpha <= 0, 1.0))


def _one_ahead(
    items: Iterable[Given], make: Callable[[Given], Hint], thread: ThreadPoolExecutor
) -> Iterator[tuple[Given, Future[Hint]]]:
    """Each item with what `make` makes of it, begun before the one before is asked for."""
    waiting = None
    for item in items:
        coming = item, thread.submit(make, item)
        if waiting is not None:
            yield waiting
        waiting = coming
    if waiting is not None:
        yield waiting


def _near(alpha: F32, mask: Mask | None) -> F32:
    """The matte without what lies far from the mask, where there is one."""
    if mask is None:
        return alpha
    size = float(np.sqrt(np.count_nonzero(mask)))
    return np.where(grow(mask, _REACH * size), alpha, np.float32(0))


def _coloured(image: NDArray, alpha: F32, front: F32) -> NDArray:
    """The frame, in the subject's own colour where the two are mixed."""
    colour = image.copy()
    mixed = (alpha > 0) & (alpha < 1)
    colour[mixed] = np.rint(front[mixed] * np.iinfo(image.dtype).max).astype(colour.dtype)
    return colour


def _trimap(alpha: F32) -> Trimap:
    return Trimap(alpha >= 1, alpha <= 0, 1.0)


def open_matter(
    method: str,
    *,
    screen: str | None = None,
    look: bool = True,
    watch: Watcher | None = None,
) -> Matter:
    """The matter of one of `METHODS`, or a matting network of the user's own by its name; raises
    UsageError for another word."""
    if method == "careful":
        return CarefulMatter(look=look, watch=watch)
    if method == "people":
        return PeopleCutter(PeopleMatter(watch=watch))
    if method == "people-light":
        return PeopleCutter(LightPeopleMatter(watch=watch))
    if method == "key":
        return KeyMatter(screen)
    from cleanplate.models import custom

    if method in custom.names():
        return OwnCutter(method)
    raise UsageError(
        f"There is no method {method!r}: use {', '.join(METHODS)}, or the name of a matting network "
        "of your own."
    )


def beside(items: Iterable, cut) -> Iterator[tuple]:
    """Each item with what `cut`, a function of a stream, makes of it; the stream may lag behind."""
    waiting: deque = deque()

    def noted():
        for item in items:
            waiting.append(item)
            yield item

    for made in cut(noted()):
        yield waiting.popleft(), made
