"""Pointing at things, and the masks that come of it."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from cleanplate.server.schema.base import RLE, FrameNumber, ObjectNumber, Shape
from cleanplate.server.schema.projects import EdgeChange, Prompts


class Embed(Shape):
    """Look at a frame in advance, so that the first click on it is answered quickly."""

    frame: FrameNumber


class Ask(Prompts):
    """Point at an object: everything that was pointed at on this frame so far, not only the last
    click. With `commit` the answer becomes a key frame of the object: one step of undo."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"frame": 0, "points": [{"x": 240, "y": 130}], "commit": True},
                {"frame": 12, "box": [20, 30, 120, 160]},
            ]
        },
    )

    frame: FrameNumber
    commit: bool = False
    alternatives: bool = Field(
        default=False, description="Say what else may have been meant; takes a little longer."
    )

    @model_validator(mode="after")
    def _something(self) -> Ask:
        if not self.points and self.box is None and not self.strokes:
            raise ValueError("point at something: give points, a box or strokes")
        if self.box is not None and (self.box[2] <= self.box[0] or self.box[3] <= self.box[1]):
            raise ValueError("the box has no area: give left, top, right, bottom")
        return self


class Alternative(Shape):
    """Another mask that may have been meant."""

    mask: RLE
    score: float = Field(ge=0, le=1)


class Answer(Shape):
    """The mask that was pointed at, with nothing done to its edge. `object` is the one that it is
    of, None while it is nobody's; `revision` is the project's, after a commit."""

    object: ObjectNumber | None
    mask: RLE
    score: float = Field(ge=0, le=1)
    alternatives: list[Alternative] = Field(default_factory=list)
    revision: int


class Painted(Shape):
    """A mask as it was painted."""

    mask: RLE


class ObjectMask(Shape):
    """One object's mask on one frame. `score` is how sure the tracker is, 0..1; None for masks
    that are not its own."""

    mask: RLE
    score: float | None = Field(default=None, ge=0, le=1)
    source: Literal["key", "tracked", "given"]


class FrameMasks(Shape):
    """The masks of a frame that are known, by object number."""

    frame: FrameNumber
    revision: int
    objects: dict[str, ObjectMask]


class MaskRange(Shape):
    """The masks of some frames that are known; frames without any are left out."""

    revision: int
    frames: dict[str, dict[str, ObjectMask]]


class TryEdge(Shape):
    """Edge settings to be looked at on one frame, before they are set."""

    frame: FrameNumber
    edge: EdgeChange


class Shaped(Shape):
    """An object's mask with its edge settings applied; None where no mask is known."""

    mask: RLE | None


class Confidence(Shape):
    """How sure the tracker is of an object, frame by frame, 0..1; None where that is not known.
    `weakest` is the frame that is worth a look first."""

    object: ObjectNumber
    scores: list[float | None]
    weakest: FrameNumber | None


class Find(Shape):
    """Look for things by name on one frame; "anything" is whatever stands out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"frame": 0, "kinds": ["person", "car"]}]},
    )

    frame: FrameNumber
    kinds: list[str] = Field(min_length=1, max_length=100)


class Found(Shape):
    """A thing that was found: the box is left, top, right, bottom."""

    label: str
    score: float = Field(ge=0, le=1)
    box: tuple[float, float, float, float]
    mask: RLE


class Candidates(Shape):
    """What was found on a frame, the surest first."""

    frame: FrameNumber
    found: list[Found]
