"""Projects for clips: made, and given masks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cleanplate.errors import UsageError
from cleanplate.media import ClipInfo, open_clip, open_masks, probe
from cleanplate.project import SUFFIX, Project, SetMasks

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
