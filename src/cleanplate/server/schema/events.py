"""What the server tells of its own accord, as server-sent events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cleanplate.server.schema.base import FrameNumber, Shape
from cleanplate.server.schema.jobs import Job
from cleanplate.server.schema.masks import ObjectMask
from cleanplate.server.schema.projects import Span


class ProjectChanged(Shape):
    """The project has a new revision: get it again."""

    type: Literal["project"] = "project"
    project: str
    revision: int


class JobChanged(Shape):
    """A job is further, or has ended."""

    type: Literal["job"] = "job"
    job: Job


class MasksKnown(Shape):
    """Masks of a frame, as tracking goes on; by object number."""

    type: Literal["masks"] = "masks"
    project: str
    frame: FrameNumber
    objects: dict[str, ObjectMask]


class PreviewReady(Shape):
    """A frame of a preview can be fetched."""

    type: Literal["preview"] = "preview"
    project: str
    frame: FrameNumber
    size: int


class ShotsFound(Shape):
    """Where the clip is cut is known now: the first and the last frame + 1 of each shot, in order
    and without gaps."""

    type: Literal["shots"] = "shots"
    project: str
    shots: list[Span]


class Reset(Shape):
    """Events were missed (the server was started anew, or too much has happened): get everything
    again."""

    type: Literal["reset"] = "reset"


Event = Annotated[
    ProjectChanged | JobChanged | MasksKnown | PreviewReady | ShotsFound | Reset,
    Field(discriminator="type"),
]
