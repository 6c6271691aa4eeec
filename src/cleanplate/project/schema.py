"""What is written in a project: `project.json`, and the edits in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from cleanplate.errors import ProjectError
from cleanplate.limits import FARTHEST

VERSION = 2
"""The version that is written. Older ones are brought up to it when they are opened."""


def _from_1(values: dict[str, Any]) -> dict[str, Any]:
    # The same facts; it is the journal that knows more kinds of edits.
    return {**values, "version": 2}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""From each older version's `project.json` to that of the next version."""


def _name_from_1(edit: dict[str, Any]) -> dict[str, Any]:
    # A name is one property of several since version 2.
    return {**edit, "kind": "object"}


def _within_reach(edit: dict[str, Any]) -> dict[str, Any]:
    # Distances had no end once.
    said = {name: edit.get(name) for name in ("grow", "feather", "matte_choke", "matte_feather")}
    far = {name: value for name, value in said.items() if isinstance(value, int | float)}
    return {**edit, **{name: max(-FARTHEST, min(far[name], FARTHEST)) for name in far}}


def _each_as_now(edit: dict[str, Any]) -> dict[str, Any]:
    parts = edit.get("edits")
    if not isinstance(parts, list):
        return edit  # which is refused as what it is
    return {**edit, "edits": [_as_now(one) if isinstance(one, dict) else one for one in parts]}


_OLD_EDITS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "name object": _name_from_1,
    "settings": _within_reach,
    "together": _each_as_now,
}
"""From each kind of edit that was once written otherwise to what is now said in its place. A journal is
only ever added to, so old edits stay in it for good."""


def _as_now(edit: dict[str, Any]) -> dict[str, Any]:
    old = _OLD_EDITS.get(str(edit.get("kind")))
    return edit if old is None else old(edit)


Pixels = Annotated[float, Field(ge=0, le=FARTHEST)]
"""A distance by which an edge is moved or softened."""


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
    version: Literal[2] = VERSION
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


Point = tuple[float, float]
"""x then y in pixels of the clip's frame; the centre of the top left pixel is (0, 0)."""

Action = Literal["erase", "keep", "cutout", "hold", "garbage"]


class Stroke(_Strict):
    """A line drawn over the object, or over what is not it."""

    points: list[Point] = Field(min_length=1)
    on: bool = True


class Prompts(_Strict):
    """What was pointed at to make a key frame's mask: clicks with a label each (on the object or
    not), a box (x0, y0, x1, y1) and strokes."""

    points: list[Point] = []
    labels: list[bool] = []
    box: tuple[float, float, float, float] | None = None
    strokes: list[Stroke] = []

    @model_validator(mode="after")
    def _labelled(self) -> Prompts:
        if len(self.labels) != len(self.points):
            raise ValueError(f"{len(self.points)} points have {len(self.labels)} labels")
        return self


class SetKey(_Strict):
    """An object's mask on one frame, as the user confirmed it: right in every pixel, and what the
    frames around it are tracked from. An empty mask says that the object is not there.

    `mask` names a picture in the project's masks/; `prompts` is what made it, so that clicking can
    go on.
    """

    kind: Literal["key"] = "key"
    object: int = Field(ge=1)
    frame: int = Field(ge=0)
    mask: str
    prompts: Prompts | None = None


class RemoveKey(_Strict):
    """A key frame of an object that is none after all."""

    kind: Literal["remove key"] = "remove key"
    object: int = Field(ge=1)
    frame: int = Field(ge=0)


class SetObject(_Strict):
    """What an object is called, how it is shown, what is done with it, and its masks' edges; what
    is None stays as it was.

    `colour` is #rrggbb. `action`: "erase" removes the object; "keep" keeps every pixel of it, also
    where it lies on what is removed; "cutout" cuts it out. "hold" and "garbage" cut nothing out: they
    are always in the matte of what is, and never. `visible` and `locked` are for editors. The rest is what is done to each mask, as in `EdgeSettings`: lengths in pixels, areas in square
    pixels.
    """

    kind: Literal["object"] = "object"
    object: int = Field(ge=1)
    name: str | None = Field(default=None, max_length=200)
    colour: str | None = Field(default=None, pattern="^#[0-9a-fA-F]{6}$")
    action: Action | None = None
    visible: bool | None = None
    locked: bool | None = None
    smooth: float | None = Field(default=None, ge=0, le=2)
    holes: int | None = Field(default=None, ge=0)
    specks: int | None = Field(default=None, ge=0)
    shrink: Pixels | None = None
    grow: Pixels | None = None
    feather: Pixels | None = None


class MergeObjects(_Strict):
    """Two objects that are one: `object` becomes part of `into` and is gone.

    `keys` are masks of both together, by frame, for the key frames of either: a frame on which
    only one of them has a key says nothing of the other. `engine.tracking.merge_objects` makes
    them. Without one for a frame the keys that are there stand for both.
    """

    kind: Literal["merge"] = "merge"
    object: int = Field(ge=1)
    into: int = Field(ge=1)
    keys: list[tuple[int, str]] = []

    @model_validator(mode="after")
    def _two(self) -> MergeObjects:
        if self.object == self.into:
            raise ValueError("an object cannot be merged into itself")
        return self


RoughBox = tuple[float, float, Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
"""Left, top, width and height in pixels of the clip."""


class SetSettings(_Strict):
    """How objects are tracked, and how the hole is made and filled; what is None stays as it was.

    `grow` and `feather` are in pixels; `quality` is that of the fill, `tracking` that of tracking.
    `completer` names an inpainting network, of the catalogue or by its file, that makes up what no
    frame shows; an empty one stands for Cleanplate's own synthesis. Those of the matte are
    `matte.MatteControls`, for all that is cut out together, in pixels of the clip; `matte_garbage` is a
    rough box (left, top, width, height) that everything outside of is background, empty for none;
    `matte_method` is the way that the matte is made, one of `engine.matting.METHODS`.
    """

    kind: Literal["settings"] = "settings"
    grow: Pixels | None = None
    feather: Pixels | None = None
    quality: Literal["draft", "good", "best", "lossless"] | None = None
    tracking: Literal["draft", "good", "best"] | None = None
    completer: str | None = None
    matte_method: Literal["careful", "people", "people-light", "key"] | None = None
    matte_despeckle: int | None = Field(default=None, ge=0)
    matte_choke: float | None = Field(default=None, ge=-FARTHEST, le=FARTHEST)
    matte_feather: Pixels | None = None
    matte_gamma: float | None = Field(default=None, gt=0)
    matte_garbage: RoughBox | tuple[()] | None = None


SingleEdit = SetMasks | SetKey | RemoveKey | SetObject | RemoveObject | MergeObjects | SetSettings


class Together(_Strict):
    """Several edits that are made, undone and brought back as one."""

    kind: Literal["together"] = "together"
    edits: list[Annotated[SingleEdit, Field(discriminator="kind")]] = Field(min_length=1)


Edit = SingleEdit | Together
EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def read_edit(values: dict[str, Any]) -> Edit:
    """An edit of the journal, of this version or an older one. Raises `ValueError`."""
    return EDIT.validate_python(_as_now(values))


def read_project_file(text: str | bytes, where: object) -> tuple[ProjectFile, bool]:
    """The contents of `project.json`, of this version or an older one, and whether it was older.

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
    older = version < VERSION
    while version < VERSION:
        values = MIGRATIONS[version](values)
        version = values["version"]
    try:
        return ProjectFile.model_validate(values), older
    except ValueError as error:
        raise ProjectError(f"{where} is damaged. Restore it from a backup.") from error
