"""What routes have in common: the services, the project that a path names, its revision."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Path, Request
from starlette.concurrency import run_in_threadpool

from cleanplate.server.opened import OpenProject
from cleanplate.server.refusals import Abandoned, Refused
from cleanplate.server.schema.base import Failure, failures
from cleanplate.server.services import Services

USUAL = failures(400, 401, 403, 404, 409, 422, 500)
"""The failures that every route may answer with."""


async def services_of(request: Request) -> Services:
    """The server's services, which the app carries: had at once, so that no thread is asked."""
    return request.app.state.services


Serving = Annotated[Services, Depends(services_of)]

ProjectId = Annotated[str, Path(pattern="^[a-z0-9]{4,32}$", examples=["k3v9p2ma"])]
JobId = Annotated[str, Path(pattern="^[a-z0-9]{4,32}$")]
UploadId = Annotated[str, Path(pattern="^[a-z0-9]{4,64}$")]
ObjectPath = Annotated[int, Path(ge=1, lt=1 << 31)]
FramePath = Annotated[int, Path(ge=0, lt=1 << 31)]


def project_of(serving: Serving, project: ProjectId) -> OpenProject:
    """The project that the path names. 404 where there is none."""
    return serving.workspace.open(project)


TheProject = Annotated[OpenProject, Depends(project_of)]


def expected_revision(
    if_match: Annotated[
        str | None,
        Header(
            description="The revision that this edit was made on, as the project gave it: the edit "
            "is refused (409) where the project has moved on. Without it the edit is made."
        ),
    ] = None,
) -> int | None:
    """The revision that an edit was made on; None where it doesn't matter."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused(422, f"{if_match!r} is no revision; send the project's.", field="If-Match")
    return int(text)


T = TypeVar("T")


async def unless_abandoned(request: Request, work: Callable[[Callable[[], None]], T]) -> T:
    """What `work` gives, done in a thread. It is handed a function to call now and then, which
    raises `Abandoned` once the client has gone."""
    gone = threading.Event()

    def check() -> None:
        if gone.is_set():
            raise Abandoned

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        return await run_in_threadpool(work, check)
    finally:
        watching.cancel()


Expected = Annotated[int | None, Depends(expected_revision)]

__all__ = [
    "USUAL",
    "Expected",
    "Failure",
    "FramePath",
    "JobId",
    "ObjectPath",
    "ProjectId",
    "Serving",
    "TheProject",
    "UploadId",
    "unless_abandoned",
]
