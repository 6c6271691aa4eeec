"""Examples from projects: the frames that somebody marked or corrected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cleanplate.engine.teaching.sources import spread
from cleanplate.errors import UsageError
from cleanplate.media import open_clip
from cleanplate.project import Project
from cleanplate.project.state import ObjectState
from cleanplate.train import Example


def of_project(folder: Path, wanted: str | None, name: str) -> Iterator[Example]:
    """The key frames of a project's object, and ready-made masks spread over the clip.

    `wanted` is the object's name or number; without one it is the object called `name`, or the only
    one there is. Objects of one name count together. Raises UsageError where that says none.
    """
    project = Project.open(folder)
    objects = _chosen(project.state().objects, wanted, name, folder)
    clip = project.clip()
    with open_clip(clip) as reader:
        count = reader.count()
        frames = {frame for one in objects for frame in one.keys}
        given = [frame for frame in range(count) if any(one.given(frame) for one in objects)]
        frames |= {given[i] for i in spread(len(given))} if given else set()
        for frame in sorted(frames):
            image = reader.read_frame(frame).image
            mask = np.zeros(image.shape[:2], bool)
            for one in objects:
                key = one.keys.get(frame)
                for picture in key.pictures if key is not None else one.given(frame):
                    mask |= project.load_mask(picture)
            yield Example.of(image, mask, f"{folder.stem} frame {frame}", project.fingerprint)


def _chosen(
    objects: dict[int, ObjectState], wanted: str | None, name: str, folder: Path
) -> list[ObjectState]:
    marked = {number: one for number, one in objects.items() if one.keys or one.runs}
    if not marked:
        raise UsageError(f"{folder} has no masks yet. Mark the object on a few frames first.")
    if wanted is not None and wanted.isdigit() and int(wanted) in marked:
        return [marked[int(wanted)]]
    word = (wanted or name).strip().lower()
    found = [one for one in marked.values() if one.name.strip().lower() == word]
    if not found and wanted is None and len(marked) == 1:
        return list(marked.values())
    if not found:
        known = ", ".join(f"{number} {one.name}".rstrip() for number, one in marked.items())
        raise UsageError(f"{folder} has no object called {word}. Say which with --object: {known}.")
    return found
