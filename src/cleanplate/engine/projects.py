"""Projects at work: their masks on frames, and what their clip's shots are."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.overlap import Halt
from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.errors import UsageError
from cleanplate.media import ClipInfo, ClipReader, Frame, detect_shots, open_clip, open_masks, probe
from cleanplate.project import SUFFIX, Project, SetMasks
from cleanplate.project.state import State

Told = Callable[[int], None]


def new_project(
    clip: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    mask: str | os.PathLike[str] | None = None,
    told: Told = lambda frame: None,
) -> Project:
    """Make a project for a clip, with its masks where some are given.

    `told` is called with the number of every frame whose mask was taken in. Raises `UsageError`
    where the folder exists, and what `open_masks` raises.
    """
    info = probe(Path(clip))
    if not str(folder).endswith(SUFFIX):
        raise UsageError(f"a project's name ends in {SUFFIX}: {folder}{SUFFIX}")
    if mask is not None:
        open_masks(Path(mask), info).close()  # what is wrong with them is said before any work
    project = Project.create(folder, clip)
    if mask is not None:
        add_masks(project, info, Path(mask), told)
    return project


def add_masks(
    project: Project,
    info: ClipInfo,
    mask: Path,
    told: Told = lambda frame: None,
    number: int = 1,
) -> None:
    """Take masks into the project as those of object `number`: one edit, copies of all pictures."""
    with open_masks(mask, info) as masks:
        if masks.fixed:
            name = project.keep_mask(masks[0])
            project.edit(SetMasks(object=number, runs=[(0, None, name)]))
            return
        runs: list[tuple[int, int | None, str]] = []
        with open_clip(info) as reader:
            count = reader.count()
        for index in range(count):
            name = project.keep_mask(masks[index])
            if runs and runs[-1][2] == name:
                runs[-1] = (runs[-1][0], index + 1, name)
            else:
                runs.append((index, index + 1, name))
            told(index)
    project.edit(SetMasks(object=number, runs=runs))


def margins(state: State) -> tuple[float, float]:
    """How far, in pixels, the masks are grown, and how far the fill is blended in."""
    feather = state.settings.get("feather", 0.0)
    return state.settings.get("grow", feather), feather


class ProjectMasks:
    """The masks that a project's state comes to, all objects together."""

    def __init__(self, project: Project, state: State, info: ClipInfo) -> None:
        self._project = project
        self._state = state
        self._shape = (info.height, info.width)
        self._last: tuple[tuple[str, ...], NDArray[np.bool_]] | None = None

    def names(self, frame: int) -> tuple[str, ...]:
        """The pictures that make up a frame's mask: the same names, the same mask."""
        found = {name for one in self._state.objects.values() for name in one.given(frame)}
        return tuple(sorted(found))

    def __getitem__(self, frame: int) -> NDArray[np.bool_]:
        """A frame's mask, bool (h, w); the same array while it stays the same."""
        names = self.names(frame)
        if self._last is None or self._last[0] != names:
            mask = np.zeros(self._shape, bool)
            for name in names:
                mask |= self._project.load_mask(name)
            self._last = (names, mask)
        return self._last[1]


def shots_of(info: ClipInfo, fingerprint: str, store: Store, halt: Halt) -> list[range]:
    """The clip's shots, from the store where they are known."""
    key = key_of("shots", code_version("media"), fingerprint)
    known = store.get(key)
    if known is not None:
        ends = [int(end) for end in known.split()]
        return [range(a, b) for a, b in pairwise(ends)]
    with open_clip(info) as reader:
        shots = detect_shots(_Stoppable(reader, halt))
    ends = [shots[0].start, *(shot.stop for shot in shots)]
    store.put(key, " ".join(map(str, ends)).encode())
    return shots


class _Stoppable:
    """A reader that raises `Cancelled` at the next frame once the run is to stop."""

    def __init__(self, reader: ClipReader, halt: Halt) -> None:
        self._reader = reader
        self._halt = halt

    def __iter__(self):
        frame: Frame
        for frame in self._reader:
            self._halt.check()
            yield frame
