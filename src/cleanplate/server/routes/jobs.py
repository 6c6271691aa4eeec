"""``/jobs``: the queue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from cleanplate.server import planning
from cleanplate.server.routes.common import USUAL, JobId, Serving
from cleanplate.server.schema.jobs import Job, JobState

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=USUAL)


@router.get("")
def list_jobs(
    serving: Serving,
    project: Annotated[str | None, Query(max_length=32)] = None,
    state: JobState | None = None,
) -> list[Job]:
    """The queue and what came of it, the latest first."""
    return serving.jobs.list(project, state)


@router.get("/{job}")
def get_job(job: JobId, serving: Serving) -> Job:
    """How far a job is."""
    return serving.jobs.get(job)


@router.post("/{job}/cancel")
def cancel_job(job: JobId, serving: Serving) -> Job:
    """Stop a job for good. What it has computed stays in the store."""
    return serving.jobs.cancel(job)


@router.post("/{job}/pause")
def pause_job(job: JobId, serving: Serving) -> Job:
    """Stop a job for now: it makes room for others, and survives a restart."""
    return serving.jobs.pause(job)


@router.post("/{job}/resume")
def resume_job(job: JobId, serving: Serving) -> Job:
    """Go on with a job that is paused, has failed or was cancelled: what is in the store is not
    computed again."""
    return serving.jobs.resume(job)


@router.delete("/{job}", status_code=204, response_model=None)
def forget_job(job: JobId, serving: Serving) -> None:
    """Take a job that has ended off the list. The file of an export stays."""
    serving.jobs.forget(job)


@router.get(
    "/{job}/output",
    response_class=FileResponse,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
            "description": "The file; ranges are answered (206).",
        }
    },
)
def get_output(job: JobId, serving: Serving) -> FileResponse:
    """Download what an export has written; a folder of pictures comes as a ZIP."""
    path, name = planning.output_of(serving.jobs.get(job), serving)
    return FileResponse(path, filename=name, content_disposition_type="attachment")
