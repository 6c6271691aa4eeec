"""Projects and their objects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from cleanplate.limits import FARTHEST
from cleanplate.server.schema.base import (
    RLE,
    Colour,
    Coordinate,
    FrameNumber,
    Name,
    ObjectNumber,
    Shape,
)

Action = Literal["erase", "keep", "cutout", "hold", "garbage"]
Extent = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
RoughBox = tuple[Coordinate, Coordinate, Extent, Extent]
Quality = Literal["draft", "good", "best", "lossless"]
Span = Annotated[
    tuple[int, int],
    Field(description="First frame and last frame + 1.", examples=[[0, 48]]),
]


class ClipFacts(Shape):
    """The clip, as shown: after its rotation flag. `rate` is in frames a second, `duration` in
    seconds; `exact_rate` is the same rate as a fraction."""

    name: str = Field(examples=["beach.mp4"])
    width: int
    height: int
    frames: int
    rate: float = Field(examples=[23.976])
    exact_rate: str = Field(examples=["24000/1001"])
    variable_rate: bool
    duration: float
    has_audio: bool
    has_alpha: bool
    codec: str = Field(examples=["h264"])
    bit_depth: int
    hdr: bool
    bytes: int
    warnings: list[str]
    version: str = Field(description="Changes with its content: `v=` in the address of a picture.")


class ProjectSummary(Shape):
    """A project in the list of recent ones."""

    id: str = Field(examples=["k3v9p2ma"])
    name: str
    modified: str = Field(description="ISO 8601, UTC.", examples=["2026-05-04T09:30:00Z"])
    clip: ClipFacts | None = Field(description="None where the clip is gone or has changed.")
    trouble: str | None = Field(default=None, description="Why it cannot be opened.")
    thumbnail: str | None = Field(
        default=None, examples=["/api/v1/projects/k3v9p2ma/frames/0?width=320"]
    )


class NewProject(Shape):
    """What the project is for: an upload that is complete, a path on the server's machine (in the
    workspace, or one that was named when the server was started), or the sample."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"sample": True}, {"upload": "u1a2b3c4d5", "name": "Beach"}]
        },
    )

    upload: str | None = Field(default=None, max_length=64)
    path: str | None = Field(default=None, max_length=4096)
    sample: bool = False
    name: Name | None = None

    @model_validator(mode="after")
    def _one_source(self) -> NewProject:
        if (self.upload is not None) + (self.path is not None) + self.sample != 1:
            raise ValueError("give one of upload, path and sample")
        return self


class Edge(Shape):
    """What is done to an object's mask. Lengths in pixels of the clip, areas in square pixels;
    `smooth` is 0..1, over time."""

    grow: float = Field(default=0, ge=0, le=FARTHEST)
    shrink: float = Field(default=0, ge=0, le=FARTHEST)
    feather: float = Field(default=0, ge=0, le=FARTHEST)
    holes: int = Field(default=0, ge=0, le=100_000_000, description="Fill gaps up to this area.")
    specks: int = Field(default=0, ge=0, le=100_000_000, description="Drop islands up to it.")
    smooth: float = Field(default=0, ge=0, le=1)


class EdgeChange(Shape):
    """What is to change of an `Edge`; what is left out stays."""

    grow: float | None = Field(default=None, ge=0, le=FARTHEST)
    shrink: float | None = Field(default=None, ge=0, le=FARTHEST)
    feather: float | None = Field(default=None, ge=0, le=FARTHEST)
    holes: int | None = Field(default=None, ge=0, le=100_000_000)
    specks: int | None = Field(default=None, ge=0, le=100_000_000)
    smooth: float | None = Field(default=None, ge=0, le=1)


class Settings(Shape):
    """How objects are tracked, how the hole is made and filled, and how the matte of what is cut out
    is bounded. `grow`, `feather` and the matte's are for all objects together, in pixels. None: the
    engine chooses; in a change: as it was."""

    grow: float | None = Field(default=None, ge=0, le=FARTHEST)
    feather: float | None = Field(default=None, ge=0, le=FARTHEST)
    quality: Quality | None = None
    tracking: Literal["draft", "good", "best"] | None = None
    matte_method: Literal["careful", "people", "people-light", "key"] | None = Field(
        default=None,
        description="How the matte is made: carefully, for any subject, which None is as well; by a "
        "network for people, or by a light one; or against a green or blue screen.",
    )
    matte_despeckle: int | None = Field(
        default=None, ge=0, le=100_000, description="Specks and gaps of fewer square pixels go."
    )
    matte_choke: float | None = Field(
        default=None,
        ge=-FARTHEST,
        le=FARTHEST,
        description="Moves the edge inwards; below 0, outwards.",
    )
    matte_feather: float | None = Field(default=None, ge=0, le=FARTHEST)
    matte_gamma: float | None = Field(
        default=None, ge=0.1, le=10, description="Above 1 what is half there becomes more solid."
    )
    matte_garbage: RoughBox | tuple[()] | None = Field(
        default=None,
        description="Left, top, width and height of a rough box: everything outside of it is "
        "background. Empty: none.",
        examples=[[100, 40, 300, 400]],
    )


class Point(Shape):
    """A click: x and y in pixels of the clip, the centre of the top left pixel being 0, 0."""

    x: Coordinate
    y: Coordinate
    on: bool = Field(default=True, description="False: this is not the object.")


class Stroke(Shape):
    """A scribble, as x, y pairs; `width` in pixels is how it was drawn, and guides nothing."""

    points: list[tuple[Coordinate, Coordinate]] = Field(min_length=1, max_length=2000)
    width: float = Field(default=1, gt=0, le=1000)
    on: bool = True


class Prompts(Shape):
    """What was pointed at on one frame, for one object."""

    points: list[Point] = Field(default_factory=list, max_length=500)
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        default=None, description="Left, top, right, bottom.", examples=[[20, 30, 120, 160]]
    )
    strokes: list[Stroke] = Field(default_factory=list, max_length=100)


class Key(Shape):
    """A key frame: where the user said what the mask is. `prompts` is None where it was painted
    or imported."""

    frame: FrameNumber
    prompts: Prompts | None = None


class Object(Shape):
    """One object. `tracked` are the frames whose masks are known with the keys as they are now."""

    id: ObjectNumber
    name: str
    colour: Colour
    action: Action
    visible: bool
    locked: bool
    edge: Edge
    keys: list[Key]
    tracked: list[Span]


class Project(Shape):
    """A project as it is now. `revision` grows with every change; send it as `If-Match` with an
    edit to have that refused where someone else was first."""

    id: str
    name: str
    revision: int
    clip: ClipFacts
    shots: list[Span] | None = Field(description="None until they were found.")
    range: Span | None = Field(description="In and out; None is the whole clip.")
    settings: Settings
    objects: list[Object]
    can_undo: str | None = Field(
        description="What undo would take back, in words.", examples=["move the edge of Ball"]
    )
    can_redo: str | None


class ProjectChange(Shape):
    """What is to change; what is left out stays. A `range` of null is the whole clip."""

    name: Name | None = None
    settings: Settings | None = None
    range: Span | None = None


class NewObject(Shape):
    """A new object; name and colour are chosen where they are left out."""

    name: Name | None = None
    colour: Colour | None = None
    action: Action = "erase"


class ObjectChange(Shape):
    """What is to change of an object; what is left out stays."""

    name: Name | None = None
    colour: Colour | None = None
    action: Action | None = None
    visible: bool | None = None
    locked: bool | None = None
    edge: EdgeChange | None = None


class Merge(Shape):
    """Make this object a part of another."""

    into: ObjectNumber


class FromCandidate(Shape):
    """A new object from something that `find` found."""

    frame: FrameNumber
    mask: RLE
    label: str | None = Field(default=None, max_length=120, examples=["person"])
    name: Name | None = None
    colour: Colour | None = None
    action: Action = "erase"
