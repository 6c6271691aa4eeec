"""What answers from the first moment: the editor's pages, while the API behind them still loads.

To import what the API needs takes a second or more. A browser takes as long to start and to draw the
start screen: so both go on at once, and what the page then asks of the API waits until it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cleanplate.server import pages
from cleanplate.server.guard import Guard, refusal
from cleanplate.server.refusals import Refused
from cleanplate.server.settings import PREFIX, ServerSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cleanplate.server.services import Services


class Front:
    """An ASGI application: `app.create_app`, and what stands in for it until that has loaded.

    `failed` is called where it cannot be loaded, with the reason in `trouble`.
    """

    def __init__(self, settings: ServerSettings, failed: Callable[[], None]) -> None:
        self.trouble: Exception | None = None
        self._settings = settings
        self._failed = failed
        self._app: FastAPI | None = None
        self._loaded = asyncio.Event()
        alone = Starlette(
            routes=pages.routes(PREFIX),
            exception_handlers={Refused: _refused},
            lifespan=self._living,
        )
        self._pages: ASGIApp = Guard(alone, settings, PREFIX)

    @property
    def services(self) -> Services | None:
        """The server's parts, once they are there."""
        return None if self._app is None else self._app.state.services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._app is None and scope["path"].startswith(PREFIX):
            await self._loaded.wait()
        use = self._pages if self._app is None or scope["type"] == "lifespan" else self._app
        await use(scope, receive, send)

    @asynccontextmanager
    async def _living(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            loading = asyncio.create_task(self._load(stack))
            yield
            await loading

    async def _load(self, stack: AsyncExitStack) -> None:
        try:
            app = await asyncio.to_thread(_create, self._settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            self._app = app
        except Exception as error:
            self.trouble = error
            self._failed()
        self._loaded.set()


def _create(settings: ServerSettings) -> FastAPI:
    from cleanplate.server.app import create_app

    return create_app(settings)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)
