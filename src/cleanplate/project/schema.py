"""What is written in a project: `project.json`, and the edits in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from cleanplate.errors import ProjectError

VERSION = 1
"""The version that is written. Older ones are brought up to it when they are opened."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From each older version's `project.json` to that of the next version."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """The clip: where it was last found, and what it is known by.

    `path` is relative to the folder that holds the project where it can be, so that both can move
    together. `stamp` is what `fingerprint.stamp` said when `fingerprint` was taken.
    """

    path: str
    fingerprint: str
    stamp: list[tuple[str, int, int]]


class ProjectFile(_Strict):
    """`project.json`."""

    format: Literal["cleanplate project"] = "cleanplate project"
    version: Literal[1] = VERSION
    source: Source


class SetMasks(_Strict):
    """An object's masks: each run is [first frame, last frame + 1 or None for the clip's end, name
    of the picture in the project's masks/]. They replace what the object had on those frames."""

    kind: Literal["masks"] = "masks"
    object: int = Field(ge=1)
    runs: list[tuple[int, int | None, str]]


class RemoveObject(_Strict):
    """An object that is not to be removed from the clip after all."""

    kind: Literal["remove object"] = "remove object"
    object: int = Field(ge=1)


class NameObject(_Strict):
    """What a person calls an object."""

    kind: Literal["name object"] = "name object"
    object: int = Field(ge=1)
    name: str


class SetSettings(_Strict):
    """How the hole is made and filled; what is None stays as it was."""

    kind: Literal["settings"] = "settings"
    grow: float | None = Field(default=None, ge=0)
    feather: float | None = Field(default=None, ge=0)
    quality: Literal["draft", "good", "best", "lossless"] | None = None


Edit = SetMasks | RemoveObject | NameObject | SetSettings
EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def read_project_file(text: str | bytes, where: object) -> ProjectFile:
    """The contents of `project.json`, of this version or an older one.

    Raises `ProjectError` for another kind of file, damage, and versions that are not known yet.
    """
    import json

    try:
        values = json.loads(text)
        version = values["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{where} is not a project file. Restore it from a backup.") from error
    if not isinstance(version, int) or version > VERSION:
        raise ProjectError(
            f"{where} was written by a later Cleanplate (format {version}). Install that version."
        )
    while version < VERSION:
        values = MIGRATIONS[version](values)
        version = values["version"]
    try:
        return ProjectFile.model_validate(values)
    except ValueError as error:
        raise ProjectError(f"{where} is damaged. Restore it from a backup.") from error
