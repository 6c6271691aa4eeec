"""Pictures and sound of a project's clip, by address."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from cleanplate.server.routes.common import (
    USUAL,
    FramePath,
    Serving,
    TheProject,
    unless_abandoned,
)
from cleanplate.server.schema.base import Shape

router = APIRouter(prefix="/projects/{project}", tags=["pictures and sound"], responses=USUAL)

_FOR_EVER = "private, max-age=31536000, immutable"
"""Of an address that names the clip's version."""

_ASK = "private, no-cache"
"""Kept by the browser, and asked for again with its ETag."""


class Waveform(Shape):
    """The sound's outline: the loudest sample, 0..1, of `rate` stretches a second, from the clip's
    first frame on. Empty where the clip has no sound."""

    rate: int
    peaks: list[float]


def _binary(*kinds: str, cached: bool = True) -> dict[int | str, dict[str, Any]]:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    found: dict[int | str, dict[str, Any]] = {200: {"content": content, "description": "It."}}
    if cached:
        found[304] = {"description": "Unchanged since the ETag that was sent."}
    return found


def _answer(
    data: bytes, kind: str, tag: str, if_none_match: str | None, version: str | None = None
) -> Response:
    headers = {"ETag": tag, "Cache-Control": _ASK if version is None else _FOR_EVER}
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)


IfNoneMatch = Annotated[str | None, Header()]


@router.get(
    "/frames/{frame}", response_class=Response, responses=_binary("image/jpeg", "image/png")
)
async def get_frame(
    request: Request,
    project: TheProject,
    frame: FramePath,
    serving: Serving,
    width: Annotated[
        int | None,
        Query(ge=16, le=16384, description="Pixels that are needed; a little more may come."),
    ] = None,
    format: Literal["jpeg", "png"] = "jpeg",
    v: Annotated[str | None, Query(max_length=64, description="The clip's version.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A frame of the clip, upright, 8 bits. A PNG is exact and as wide as was asked for."""
    picture = await unless_abandoned(
        request, lambda check: serving.frames.picture(project, frame, width, format, check)
    )
    return _answer(picture.data, f"image/{format}", picture.tag, if_none_match, v)


@router.get(
    "/frames/{frame}/at-hand",
    response_class=Response,
    responses={
        200: {
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
            "description": "What there is.",
            "headers": {
                "Shown-Frame": {
                    "description": "The frame that it shows.",
                    "schema": {"type": "integer"},
                },
                "Sharp": {
                    "description": "1 where it is what `get_frame` gives for this width, else 0.",
                    "schema": {"type": "integer"},
                },
            },
        },
        204: {"description": "There is nothing yet: ask for the frame itself."},
    },
)
def get_frame_at_hand(
    project: TheProject,
    frame: FramePath,
    serving: Serving,
    width: Annotated[int | None, Query(ge=16, le=16384, description="As in `get_frame`.")] = None,
) -> Response:
    """What can be shown of a frame at once, while nothing is decoded: the frame, where it has been
    made ready, else a small picture of it, or of one nearby."""
    found = serving.frames.at_hand(project, frame, width)
    headers = {"Cache-Control": "no-store"}
    if found is None:
        return Response(status_code=204, headers=headers)
    headers |= {"Shown-Frame": str(found.frame), "Sharp": str(int(found.sharp))}
    return Response(found.data, media_type="image/jpeg", headers=headers)


@router.get("/strip", response_class=Response, responses=_binary("image/jpeg"))
def get_strip(
    project: TheProject,
    serving: Serving,
    first: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
    end: Annotated[int | None, Query(ge=1, lt=1 << 31, description="Default: the end.")] = None,
    count: Annotated[int, Query(ge=1, le=200)] = 20,
    height: Annotated[int, Query(ge=16, le=256)] = 64,
    v: Annotated[str | None, Query(max_length=64)] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """`count` thumbnails side by side in one picture, evenly spread over a part of the clip."""
    picture = serving.strips.picture(project, first, end, count, height)
    return _answer(picture.data, "image/jpeg", picture.tag, if_none_match, v)


@router.get("/audio", response_class=Response, responses=_binary("audio/wav"))
def get_audio(
    project: TheProject,
    serving: Serving,
    first: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
    end: Annotated[int | None, Query(ge=1, lt=1 << 31, description="The last frame + 1.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The sound of some frames, as WAV (16 bits, two channels at most), ten minutes at most.

    404 where the clip has no sound.
    """
    sound = serving.sounds.wav(project, first, end)
    return _answer(sound.data, "audio/wav", sound.tag, if_none_match)


@router.get("/waveform")
def get_waveform(project: TheProject, serving: Serving) -> Waveform:
    """The outline of the clip's sound, for the timeline."""
    rate, peaks = serving.sounds.outline(project)
    return Waveform(rate=rate, peaks=peaks)
