"""Bringing a clip in, in as many pieces as it takes."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from cleanplate.server.schema.base import Shape


class NewUpload(Shape):
    """A file that is about to come. Of its name only the last part counts."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "beach.mp4", "size": 52428800}]}
    )

    name: str = Field(min_length=1, max_length=255)
    size: int = Field(ge=1, lt=1 << 62, description="Bytes.")
    fingerprint: str | None = Field(
        default=None,
        max_length=128,
        description="Anything that tells this file from others of its name and size, such as its "
        "time of change: with it, an upload that was cut off is found again and gone on with.",
    )


class Upload(Shape):
    """An upload: `offset` bytes of `size` have come. The next piece starts there."""

    id: str
    name: str
    offset: int
    size: int
    chunk: int = Field(description="A good size for a piece, in bytes.")
    complete: bool
