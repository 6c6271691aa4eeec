"""Work that takes a while."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from cleanplate.server.schema.base import FrameNumber, Name, ObjectNumber, Shape, Trouble
from cleanplate.server.schema.projects import Quality, Span

JobKind = Literal["track", "shadow", "preview", "export", "fetch", "train"]
JobState = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
View = Literal["result", "before", "difference", "provenance", "matte", "cutout"]


class Outcome(Shape):
    """What a finished job has made: of an export the file, of which `output` is the address; of
    training the card, a page that says how good the network is; of the others how many frames. `kept` and `lost` are what an export kept of the clip."""

    frames: int | None = None
    object: ObjectNumber | None = Field(default=None, description="The shadow that was found.")
    name: str | None = None
    path: str | None = Field(default=None, description="Where it is on the server's machine.")
    bytes: int | None = None
    output: str | None = Field(default=None, examples=["/api/v1/jobs/j4k2/output"])
    recovered: float | None = Field(default=None, description="Share seen in other frames.")
    synthesised: float | None = Field(default=None, description="Share that was made up.")
    kept: list[str] = Field(default_factory=list)
    lost: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class Job(Shape):
    """Work in the queue. `done` of `total` frames (bytes, when fetching) are finished; `total` and
    `seconds_left` are None while they are not known. `message` says what is being done; `error` what went wrong."""

    id: str
    kind: JobKind
    project: str | None
    range: Span | None = Field(description="The frames that it is about; None is all.")
    title: str = Field(examples=["Export beach.mp4"])
    state: JobState
    done: int
    total: int | None
    seconds_left: float | None
    message: str
    error: Trouble | None
    created: str
    finished: str | None
    result: Outcome | None


class Part(Shape):
    """A part of the clip; None is its beginning, or its end."""

    first: FrameNumber | None = None
    end: FrameNumber | None = Field(default=None, description="The last frame + 1.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end is not None and self.end <= (self.first or 0):
            raise ValueError("the end comes after the first frame")
        return self


class Track(Part):
    """Follow objects from their key frames through the clip; default all, everywhere."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{}, {"objects": [1], "first": 0, "end": 48}]},
    )

    objects: list[ObjectNumber] | None = Field(default=None, max_length=1000)


class NewPreview(Shape):
    """Compute the result on some frames, small. `size` is the longer side in pixels."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"first": 0, "end": 12, "size": 960}]}
    )

    first: FrameNumber
    end: FrameNumber = Field(description="The last frame + 1.")
    size: int = Field(default=960, ge=64, le=3840)

    @model_validator(mode="after")
    def _ordered(self) -> NewPreview:
        if self.end <= self.first:
            raise ValueError("the end comes after the first frame")
        return self


class NewExport(Part):
    """Write the finished clip, or the part of it from `first` to `end`. `format` is the file's ending; `codec` None keeps the clip's own
    kind where the format can hold it. `name` has no ending and no folder in it. A cutout has
    transparency, unless it is laid over a `background`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"what": "plate", "format": "mp4", "quality": "good"},
                {"what": "cutout", "format": "mov", "codec": "prores", "name": "Ball"},
                {"what": "cutout", "format": "mp4", "background": "#00b140"},
                {"what": "plate", "format": "mp4", "first": 24, "end": 72},
            ]
        },
    )

    what: Literal["plate", "cutout", "matte"] = "plate"
    format: Literal["mp4", "mov", "mkv", "webm", "webp", "gif", "png", "tiff", "jpeg"] = "mp4"
    codec: Literal["h264", "h265", "av1", "prores", "vp9", "ffv1", "gif"] | None = None
    quality: Quality = "good"
    crf: int | None = Field(default=None, ge=0, le=63)
    name: Name | None = None
    background: str | None = Field(
        default=None,
        pattern="^(#[0-9a-f]{6}|blur|upload:[a-z0-9]{4,64})$",
        description="A colour, the clip itself out of focus, or a picture or video that was "
        "uploaded, by the upload's id.",
        examples=["#00b140", "blur", "upload:k3v9p2ma7q"],
    )

    @model_validator(mode="after")
    def _behind_a_cutout(self) -> NewExport:
        if self.background is not None and self.what != "cutout":
            raise ValueError("only a cutout is laid over a background")
        return self


class ExportPlan(Shape):
    """What an export will be. `bytes` is an estimate; `name` is the file's."""

    name: str = Field(examples=["Beach.mp4"])
    container: str
    codec: str
    label: str = Field(description="The codec, as it is called.", examples=["ProRes 4444"])
    width: int
    height: int
    frames: int
    bytes: int
    kept: list[str]
    lost: list[str]
    disk_free: int


class ExportCodec(Shape):
    """A codec, by the name that `NewExport` takes."""

    codec: str = Field(examples=["h264"])
    label: str = Field(examples=["H.264"])
    alpha: bool
    lossless: bool


class ExportFormat(Shape):
    """A format to choose from: what it is called, and the codecs it takes, the usual one first."""

    format: str = Field(examples=["mp4"])
    label: str = Field(examples=["MP4"])
    codecs: list[ExportCodec]
    what: list[Literal["plate", "cutout", "matte"]]
    sound: bool


class Rendered(Shape):
    """The frames of which a preview in this size is ready, as the project is now."""

    size: int
    spans: list[Span]
