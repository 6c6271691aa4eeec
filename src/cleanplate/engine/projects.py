"""Projects for clips: made, and given masks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cleanplate.engine.mask_files import read_run_lengths
from cleanplate.errors import MaskError, UsageError
from cleanplate.media import ClipInfo, open_clip, open_masks, probe
from cleanplate.project import SUFFIX, Project, SetMasks, SetObject, Together
from cleanplate.segment import rle

Told = Callable[[int], None]
MaskRun = tuple[int, int | None, str]


def new_project(
    clip: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    mask: str | os.PathLike[str] | None = None,
    told: Told = lambda frame: None,
    only: range | None = None,
    frames: range | None = None,
) -> Project:
    """Make a project for a clip, with its masks where some are given.

    `mask` is what `open_masks` reads, of all frames or of `frames` alone, or a `.json` of run lengths,
    whose objects stay apart. `told` is called with the number of every frame whose mask was taken in:
    those `only`, where just they are wanted. Raises `UsageError` where the folder exists, `MaskError` for masks that do not fit.
    """
    info = probe(Path(clip))
    if not str(folder).endswith(SUFFIX):
        raise UsageError(f"a project's name ends in {SUFFIX}: {folder}{SUFFIX}")
    if mask is None:
        return Project.create(folder, clip)
    if Path(mask).suffix.lower() == ".json":
        document = read_run_lengths(Path(mask))
        if document["size"] != (info.height, info.width):
            raise MaskError(
                f"The masks in {mask} are {document['size'][1]}x{document['size'][0]}, the clip is "
                f"{info.width}x{info.height}. Make them the same size."
            )
        project = Project.create(folder, clip)
        add_run_lengths(project, document, told, only)
        return project
    open_masks(Path(mask), info, frames).close()  # what is wrong with them is said before any work
    project = Project.create(folder, clip)
    add_masks(project, info, Path(mask), told, only=only, frames=frames)
    return project


def add_masks(
    project: Project,
    info: ClipInfo,
    mask: Path,
    told: Told = lambda frame: None,
    number: int = 1,
    only: range | None = None,
    frames: range | None = None,
) -> None:
    """Take masks, of all frames or of `frames` alone, into the project as those of object `number`: one
    edit, copies of all pictures, or of those `only`."""
    with open_masks(mask, info, frames) as masks:
        if masks.fixed:
            name = project.keep_mask(masks[0])
            project.edit(SetMasks(object=number, runs=[(0, None, name)]))
            return
        runs: list[MaskRun] = []
        with open_clip(info) as reader:
            masked = masks.frames or range(reader.count())
        for index in masked:
            if only is not None and index not in only:
                continue
            append_run(runs, index, project.keep_mask(masks[index]))
            told(index)
    project.edit(SetMasks(object=number, runs=runs))


def add_run_lengths(
    project: Project,
    document: dict[str, Any],
    told: Told = lambda frame: None,
    only: range | None = None,
) -> None:
    """Take what `read_run_lengths` gave into the project, or the frames `only`, each of its objects
    as one: one edit."""
    runs: dict[int, list[MaskRun]] = {item["object"]: [] for item in document["objects"]}
    for frame in document["frames"]:
        if only is not None and frame["frame"] not in only:
            continue
        for item in frame["objects"]:
            name = project.keep_mask(rle.decode(item["segmentation"]))
            append_run(runs[item["object"]], frame["frame"], name)
        told(frame["frame"])
    edits: list[SetMasks | SetObject] = []
    for item in document["objects"]:
        number = item["object"]
        edits.append(SetMasks(object=number, runs=runs[number]))
        edits.append(SetObject(object=number, name=item["kind"]))
    project.edit(Together(edits=edits))


def append_run(runs: list[MaskRun], index: int, name: str) -> None:
    """Add a frame's mask; one that is the same as the last frame's makes its run longer."""
    if runs and runs[-1][1:] == (index, name):
        runs[-1] = (runs[-1][0], index + 1, name)
    else:
        runs.append((index, index + 1, name))
