"""The application: routes, guards, the editor's pages, and how failures are answered."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from cleanplate import __version__
from cleanplate.errors import (
    Cancelled,
    CleanplateError,
    MaskError,
    MediaError,
    ModelError,
    ProjectError,
    UsageError,
)
from cleanplate.server import pages
from cleanplate.server.guard import Guard, refusal
from cleanplate.server.refusals import Abandoned, Refused
from cleanplate.server.routes import (
    events,
    frames,
    jobs,
    masks,
    networks,
    objects,
    pointing,
    projects,
    session,
    teaching,
    uploads,
    work,
)
from cleanplate.server.schema.base import Failure
from cleanplate.server.schema.events import Event
from cleanplate.server.services import Services
from cleanplate.server.settings import PREFIX, ServerSettings

_STATUS: dict[type[CleanplateError], int] = {
    UsageError: 422,
    MediaError: 422,
    MaskError: 422,
    ProjectError: 409,
    ModelError: 409,
    Cancelled: 409,
}
"""What each of Cleanplate's errors is answered with; the message says the remedy already."""

_log = logging.getLogger("cleanplate.server")


def create_app(settings: ServerSettings) -> FastAPI:
    """The server as an ASGI application. Its processes and threads run during its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = app.state.services = Services(settings)
        services.start()
        try:
            yield
        finally:
            services.close()

    app = FastAPI(
        title="Cleanplate",
        version=__version__,
        summary="Remove what should not be there from ordinary video, on your own machine.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    parts = (
        session, projects, objects, pointing, masks, frames, work, jobs, uploads, networks, teaching,
        events,
    )  # fmt: skip
    for part in parts:
        app.include_router(part.router, prefix=PREFIX)
    app.add_api_route(f"{PREFIX}/openapi.json", lambda: description(app), include_in_schema=False)
    app.router.routes += pages.routes(PREFIX)
    _answer_failures(app)
    app.add_middleware(Guard, settings=settings, prefix=PREFIX)
    return app


def description(app: FastAPI) -> dict[str, Any]:
    """The API's OpenAPI description."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        parts = made["components"]
        # What the event streams carry has no route of its own to be described by, and failures are
        # only named by theirs.
        for name, shape in (("Event", Event), ("Failure", Failure)):
            described = TypeAdapter(shape).json_schema(ref_template="#/components/schemas/{model}")
            parts["schemas"] |= described.pop("$defs")
            parts["schemas"][name] = described
        for unused in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(unused, None)
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "cleanplate"},
        }
        made["security"] = [{"token": []}, {"cookie": []}]
        app.openapi_schema = made
    return app.openapi_schema


def _not_json(why: str = "") -> Refused:
    return Refused(
        400,
        f"The request's body is not a JSON object{why}.",
        "Send one, with the header Content-Type: application/json.",
    )


def _answer_failures(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> JSONResponse:
        return refusal(error)

    @app.exception_handler(Abandoned)
    def abandoned(request: Request, error: Abandoned) -> Response:
        return Response(status_code=499)

    @app.exception_handler(CleanplateError)
    def expected(request: Request, error: CleanplateError) -> JSONResponse:
        status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
        return refusal(Refused(status, str(error)))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        part, *place = map(str, first["loc"])
        if first["type"] == "json_invalid":
            return refusal(_not_json(f": {first['ctx']['error']}, at character {place[0]}"))
        if part == "body" and not place and not isinstance(first["input"], dict):
            return refusal(_not_json())
        message = str(first["msg"]).removeprefix("Value error, ")
        field = ".".join(place) or None
        said = f"{field}: {message}" if field else message
        return refusal(Refused(422, said, field=field))

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # bytes that are no text, or nested without end
            return refusal(_not_json())
        words = {404: "There is nothing at this address.", 405: "That cannot be done here."}
        message = words.get(error.status_code, str(error.detail))
        return refusal(Refused(error.status_code, message, headers=error.headers))

    @app.exception_handler(OSError)
    def system(request: Request, error: OSError) -> JSONResponse:
        import errno

        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return refusal(Refused(507, "The disk is full.", "Make room and try again."))
        _log.exception("%s %s", request.method, request.url.path)
        return refusal(Refused(500, f"The system says: {error.strerror or error}."))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        return refusal(
            Refused(
                500,
                f"Unexpected {type(error).__name__} in the server.",
                "Try again; the server's terminal shows the details.",
            )
        )
