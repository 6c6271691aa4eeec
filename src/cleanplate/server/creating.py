"""New projects: from an upload, from a path, from the sample."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cleanplate.errors import MediaError
from cleanplate.media import probe
from cleanplate.server.opened import OpenProject
from cleanplate.server.schema.projects import NewProject
from cleanplate.server.workspace import SUFFIX, Workspace

if TYPE_CHECKING:
    from cleanplate.server.services import Services

SAMPLE = "Sample street.mp4"


def create(serving: Services, wanted: NewProject) -> OpenProject:
    """Make the project that is asked for. A clip that cannot be read is refused, and an upload of
    it is forgotten."""
    workspace = serving.workspace
    if wanted.sample:
        return workspace.make(wanted.name or "Sample", sample(workspace))
    if wanted.upload is not None:
        clip = take_clip(serving, wanted.upload)
        return workspace.make(wanted.name or clip.stem, clip)
    return from_path(workspace, workspace.allowed(Path(wanted.path or "")), wanted.name)


def take_clip(serving: Services, upload: str) -> Path:
    """Put an upload among the workspace's clips. One that cannot be read is refused, and forgotten."""
    clip = serving.uploads.take(upload, serving.workspace.clips)
    try:
        probe(clip)
    except MediaError as error:
        clip.unlink(missing_ok=True)
        raise MediaError(str(error).replace(str(clip), clip.name)) from error
    return clip


def from_path(workspace: Workspace, path: Path, name: str | None = None) -> OpenProject:
    """Open a project folder, or make a new project for a clip."""
    if path.suffix == SUFFIX and (path / "project.json").is_file():
        return workspace.add(path)
    probe(path)
    return workspace.make(name or path.stem, path)


def sample(workspace: Workspace) -> Path:
    """The sample clip, drawn the first time that it is asked for."""
    from cleanplate.engine.sample import Sample
    from cleanplate.engine.sample_files import write_sample

    place = workspace.clips / SAMPLE
    if not place.exists():
        with TemporaryDirectory(prefix=".", dir=workspace.clips) as folder:
            drawn = Path(folder) / "sample.mp4"
            write_sample(Sample(), drawn, Path(folder) / "masks")
            os.replace(drawn, place)
    return place
