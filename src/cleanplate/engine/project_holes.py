"""The holes that a project's objects make: what is erased, less what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.holes import Hole, HoleMaker, join_holes
from cleanplate.engine.object_masks import ObjectMask
from cleanplate.engine.tracking import MaskStage
from cleanplate.project import State

Mask = NDArray[np.bool_]

MARGIN = 4.0
"""Pixels by which a tracked mask is grown unless told otherwise: an object's soft edge, its motion
blur and its faint rim of light lie outside its mask, and are seen when they are left."""


def margins(state: State) -> tuple[float, float]:
    """How far, in pixels, masks are grown to make holes, and how far the fill is blended in.

    Unless it is set, the first is as far as the second reaches, and at least `MARGIN` where
    objects are tracked: ready-made masks are taken at their word.
    """
    feather = state.settings.get("feather", 0.0)
    tracked = any(one.keys for one in state.objects.values() if one.action == "erase")
    return state.settings.get("grow", max(feather, MARGIN if tracked else 0.0)), feather


class ProjectHoles:
    """The hole of every frame, as far as its masks are known.

    Objects are grown and feathered as the project says and, on top of it, as each of them says;
    what is kept is taken out last.
    """

    def __init__(
        self,
        stage: MaskStage,
        size: tuple[int, int] | None = None,
        align: Callable[[Mask], Mask] | None = None,
    ) -> None:
        """`size` is the holes' width and height, default the clip's, whose lengths in pixels are
        reduced with it; `align` is as for `HoleMaker`."""
        info = stage.info
        self._stage = stage
        self._shape = (info.height, info.width) if size is None else (size[1], size[0])
        self._scale = self._shape[1] / info.width
        self._align = align
        self._grow, self._feather = margins(stage.state)
        self._makers: dict[tuple[float, float], HoleMaker] = {}
        self._last: tuple[tuple[str, ...], Hole] | None = None

    def names(self, frame: int) -> tuple[str, ...]:
        """What a frame's hole is known by: the same names, the same pixels. None: no hole."""
        erased, kept = self._masks(frame)
        names = [f"{one.digest}+{self._grown(one):g}" for one in erased]
        return (*sorted(names), *sorted(f"-{one.digest}" for one in kept)) if names else ()

    def __getitem__(self, frame: int) -> Hole:
        """A frame's hole; the same object while nothing about it changes."""
        name = self.identity(frame)
        if self._last is None or self._last[0] != name:
            self._last = (name, self._make(*self._masks(frame)))
        return self._last[1]

    def identity(self, frame: int) -> tuple[str, ...]:
        """What a frame's hole is known by, its blending included: the same names, the same hole."""
        erased, _ = self._masks(frame)
        return (*self.names(frame), *sorted(f"~{self._blended(one):g}" for one in erased))

    def _masks(self, frame: int) -> tuple[list[ObjectMask], list[ObjectMask]]:
        """The masks that are erased on a frame, and those that are kept."""
        known, objects = self._stage.known(frame), self._stage.state.objects
        marking = [(objects[name].action, one) for name, one in known.items() if not one.empty]
        erased = [one for action, one in marking if action == "erase"]
        return erased, [one for action, one in marking if action == "keep"]

    def _grown(self, one: ObjectMask) -> float:
        return self._grow + one.edge.grow

    def _blended(self, one: ObjectMask) -> float:
        return max(self._feather, one.edge.feather)

    def _make(self, erased: list[ObjectMask], kept: list[ObjectMask]) -> Hole:
        alike: dict[tuple[float, float], Mask] = {}
        for one in erased:
            edge = (self._grown(one), self._blended(one))
            mask = self._fitted(one, "core")
            alike[edge] = alike[edge] | mask if edge in alike else mask
        if not alike:
            nothing = np.zeros(self._shape, bool)
            return Hole(nothing, None, None)
        keep = None
        for one in kept:
            mask = self._fitted(one, "mask")
            keep = mask if keep is None else keep | mask
        holes = [self._maker(edge)(mask) for edge, mask in alike.items()]
        return join_holes(holes, keep, self._align)

    def _maker(self, edge: tuple[float, float]) -> HoleMaker:
        if edge not in self._makers:
            grow, feather = edge
            self._makers[edge] = HoleMaker(grow * self._scale, feather * self._scale, self._align)
        return self._makers[edge]

    def _fitted(self, one: ObjectMask, part: Literal["core", "mask"]) -> Mask:
        """A mask at the holes' size: every pixel that it touches."""
        size = (self._shape[1], self._shape[0])
        info = self._stage.info
        if size == (info.width, info.height):
            return getattr(one, part)

        def reduce() -> Mask:
            whole = getattr(one, part).view(np.uint8) * np.uint8(255)
            return cv2.resize(whole, size, interpolation=cv2.INTER_AREA) > 0

        return self._stage.kept((one.digest, part, size), reduce)
