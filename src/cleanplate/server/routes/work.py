"""Work that takes a while: tracking, previews, exports; and what comes of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from cleanplate.limits import FARTHEST
from cleanplate.server import planning, previews
from cleanplate.server.routes.common import USUAL, FramePath, ObjectPath, Serving, TheProject
from cleanplate.server.schema.base import failures
from cleanplate.server.schema.jobs import (
    ExportFormat,
    ExportPlan,
    Job,
    NewExport,
    NewPreview,
    Rendered,
    Track,
    View,
)

router = APIRouter(
    prefix="/projects/{project}", tags=["tracking, previews, exports"], responses=USUAL
)


@router.post("/track", status_code=202)
def track(project: TheProject, wanted: Track, serving: Serving) -> Job:
    """Follow objects through the clip. Masks come over the events as they are made."""
    planning.check_track(project, wanted)
    return serving.jobs.add("track", project, wanted.model_dump(), f"Track {project.name}")


@router.post("/objects/{number}/shadow", status_code=202)
def find_shadow(project: TheProject, number: ObjectPath, serving: Serving) -> Job:
    """Find what moves with an object without being part of it, its shadow or its reflection, and
    make that an object of its own. The object is tracked first, where it is not yet."""
    planning.check_shadow(project, number)
    return serving.jobs.add("shadow", project, {"object": number}, f"Shadow in {project.name}")


@router.post("/previews", status_code=202)
def preview(project: TheProject, wanted: NewPreview, serving: Serving) -> Job:
    """Compute the result on some frames."""
    previews.check(project, wanted)
    return serving.jobs.add("preview", project, wanted.model_dump(), f"Preview {project.name}")


@router.get("/previews")
def get_rendered(
    project: TheProject, serving: Serving, size: Annotated[int, Query(ge=64, le=3840)] = 960
) -> Rendered:
    """Which frames of a preview are ready."""
    return Rendered(size=size, spans=previews.rendered(serving, project, size))


def _turned(
    matte_despeckle: Annotated[int | None, Query(ge=0, le=100_000)] = None,
    matte_choke: Annotated[float | None, Query(ge=-FARTHEST, le=FARTHEST)] = None,
    matte_feather: Annotated[float | None, Query(ge=0, le=FARTHEST)] = None,
    matte_gamma: Annotated[float | None, Query(ge=0.1, le=10)] = None,
) -> dict[str, float]:
    """Controls of the matte that are tried, by their names in `matte.MatteControls`."""
    given = {
        "despeckle": matte_despeckle,
        "choke": matte_choke,
        "feather": matte_feather,
        "gamma": matte_gamma,
    }
    return {name: value for name, value in given.items() if value is not None}


Turned = Annotated[dict[str, float], Depends(_turned)]


@router.get(
    "/previews/{frame}",
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png")
            },
            "description": "The picture; a cutout as a PNG with its transparency.",
        }
    },
)
def get_preview(
    project: TheProject,
    frame: FramePath,
    serving: Serving,
    turned: Turned,
    view: View = "result",
    size: Annotated[int, Query(ge=64, le=3840)] = 960,
) -> Response:
    """A frame of a preview that has been computed, at the size that was asked for with it; else 409,
    with the job that is at it, if any.

    Mattes and cutouts are made at once, of objects whose action is "cutout"; with the project's
    controls of the matte, or as it would be with those that are given here.
    """
    data = previews.picture(serving, project, frame, view, size, turned)
    kind = "image/png" if view == "cutout" else "image/jpeg"
    return Response(data, media_type=kind, headers={"Cache-Control": "no-cache"})


@router.get("/exports/formats")
def get_formats(project: TheProject) -> list[ExportFormat]:
    """The formats that can be written, and the codecs for each."""
    return planning.formats()


@router.post("/exports/plan")
def plan_export(project: TheProject, wanted: NewExport, serving: Serving) -> ExportPlan:
    """What an export would be: how large, in which form, what it keeps of the clip."""
    return planning.plan(serving, project, wanted)


@router.post("/exports", status_code=202, responses=failures(507))
def export(project: TheProject, wanted: NewExport, serving: Serving) -> Job:
    """Write the finished clip into the workspace's Exports folder."""
    planned = planning.reserve(serving, project, wanted)
    return serving.jobs.add("export", project, planned.request, f"Export {planned.name}")
