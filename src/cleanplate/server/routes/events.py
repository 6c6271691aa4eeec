"""``/events``: what happens, as it happens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from cleanplate.server import machine
from cleanplate.server.routes.common import USUAL, JobId, Serving, TheProject
from cleanplate.server.schema.events import Event, JobChanged

router = APIRouter(tags=["events"], responses=USUAL)

_STREAM = {
    200: {
        "description": "Server-sent events, each with an `id` and an `Event` as `data`. A stream "
        "that was cut off goes on behind `Last-Event-ID`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "model": Event,
    }
}

LastEventId = Annotated[str | None, Header(max_length=64)]


def _stream(
    serving: Serving,
    channels: set[str],
    last: str | None,
    first: dict[str, Any] | None = None,
    ended: bool = False,
) -> StreamingResponse:
    return StreamingResponse(
        serving.hub.stream(channels, last, first, ended),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
def all_events(
    serving: Serving,
    project: Annotated[
        str | None, Query(pattern="^[a-z0-9]{4,32}$", description="Its events as well.")
    ] = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """What happens to all jobs, and to one project: one stream is enough for a browser's tab."""
    if project is None:
        return _stream(serving, {"jobs"}, last_event_id)
    opened = serving.workspace.open(project)
    serving.workspace.watch(opened)
    serving.cuts.want(opened)
    if machine.has("point"):  # someone looks at the project, and will point at something soon
        serving.pointer.prepare_soon(str(opened.folder))
    return _stream(serving, {"jobs", project}, last_event_id)


@router.get("/projects/{project}/events", response_class=StreamingResponse, responses=_STREAM)
def project_events(
    project: TheProject, serving: Serving, last_event_id: LastEventId = None
) -> StreamingResponse:
    """What happens to a project: its revisions, its jobs, its masks as they are tracked, its cuts once they
    are found."""
    serving.workspace.watch(project)
    serving.cuts.want(project)
    return _stream(serving, {project.id}, last_event_id)


@router.get("/jobs/{job}/events", response_class=StreamingResponse, responses=_STREAM)
def job_events(
    job: JobId, serving: Serving, last_event_id: LastEventId = None
) -> StreamingResponse:
    """How far a job is, then what happens to it; ends with it."""
    now = serving.jobs.get(job)
    first = JobChanged(job=now).model_dump(mode="json")
    ended = now.state in ("done", "failed", "cancelled")
    return _stream(serving, {f"job {job}"}, last_event_id, first, ended)
