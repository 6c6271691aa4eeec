"""What all of the API's shapes share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

FrameNumber = Annotated[int, Field(ge=0, lt=1 << 31, description="Frames count from 0.")]
ObjectNumber = Annotated[int, Field(ge=1, lt=1 << 31, description="Objects count from 1.")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#e4572e"])]
Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Street corner"])]
Coordinate = Annotated[float, Field(ge=-1, le=1e6, allow_inf_nan=False)]


class Shape(BaseModel):
    """A request or an answer; a request with a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class RLE(Shape):
    """A mask as COCO's compressed run lengths: `size` is height, then width; `counts` are the
    runs, column by column."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={
        "examples": [{"size": [2, 2], "counts": "13"}]
    })  # fmt: skip

    size: tuple[Annotated[int, Field(ge=1, le=65536)], Annotated[int, Field(ge=1, le=65536)]]
    counts: str = Field(max_length=16_000_000, pattern=r"^[0-o]*$")


class Trouble(Shape):
    """What went wrong: for the person who can act on it."""

    message: str = Field(examples=["There is no project of that name."])
    remedy: str | None = Field(default=None, examples=["Reload the list of projects."])
    field: str | None = Field(default=None, description="The request's field that is at fault.")
    job: str | None = Field(default=None, description="The job that is under way instead.")
    network: str | None = Field(default=None, description="The network that is missing.")
    revision: int | None = Field(
        default=None, description="Where a project has moved on: its revision now."
    )


class Failure(Shape):
    """Every answer with a status of 400 or above."""

    error: Trouble


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of a route's failures, for OpenAPI.

    By name: FastAPI would build a validator of its own for each, hundreds at every start.
    """
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


_MEANINGS = {
    400: "The request cannot be understood.",
    401: "No token, cookie or password came with the request.",
    403: "The request comes from another site, or names something outside the workspace.",
    404: "There is no such thing.",
    405: "That cannot be done here.",
    409: "Not now: the project has moved on, a job is in the way, it is not computed yet, or a "
    "network has to be fetched first.",
    411: "The length must be said.",
    413: "It is too large.",
    415: "The content's type is not the one expected.",
    422: "A field is missing or wrong, or the clip cannot be read.",
    429: "Too many attempts; wait a little.",
    500: "Something went wrong here; the server's log has the details.",
    503: "A worker process has ended; try again.",
    507: "The disk is full.",
}
