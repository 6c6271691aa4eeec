"""Start the server: find a port, say where it is, run until it is told to stop.

One server works in a workspace at a time; it holds a lock, and leaves beside it, for its owner's
eyes only, where it is.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import BinaryIO
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import uvicorn

from cleanplate.errors import UsageError
from cleanplate.server.front import Front
from cleanplate.server.settings import ServerSettings

_LOCK = "lock"
_PLACE = "running.json"

_TRIES = 20
"""Ports after the one that was asked for that are tried when nobody asked for that one."""

_FAREWELL = 2
"""Seconds that requests have to finish when the server stops."""


class _Server(uvicorn.Server):
    """Tells when it listens, and ends event streams first when it is stopped."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.config.app.services is not None:
            self.config.app.services.hub.close()
        super().handle_exit(sig, frame)


def listen(settings: ServerSettings, chosen: bool) -> tuple[socket.socket, ServerSettings]:
    """A socket that listens, and the settings with its port.

    Unless the port was `chosen` by the user, the next free one is taken where it is in use; port 0
    takes any. Raises `UsageError` where there is none.
    """
    _check_certificate(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    tries = 1 if chosen or settings.port == 0 else _TRIES
    for port in range(settings.port, settings.port + tries):
        # With the protocol named, asyncio sets TCP_NODELAY; else each answer, written in two pieces,
        # waits 40 ms for the first to be acknowledged.
        opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((settings.host, port))
        except OSError as error:
            opened.close()
            if error.errno == errno.EADDRINUSE and port + 1 < settings.port + tries:
                continue
            raise UsageError(
                f"port {port} of {settings.host} cannot be used: {error.strerror}; "
                "give another with --port, or --port 0 for any"
            ) from error
        opened.listen(128)
        return opened, replace(settings, port=opened.getsockname()[1])
    raise AssertionError("unreachable")


def _check_certificate(settings: ServerSettings) -> None:
    if settings.certificate is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.certificate, settings.key
        )
    except OSError as error:
        raise UsageError(
            f"{settings.certificate} cannot be used as a certificate: "
            f"{error.strerror or error}. Give PEM files: --certificate, and --key if the private "
            "key is not in the same file."
        ) from error


@dataclass(frozen=True)
class Running:
    """A server that is at work: its address and its token."""

    address: str
    token: str

    def page(self, project: str | None = None) -> str:
        """The address to open in a browser."""
        path = "/" if project is None else f"/p/{project}"
        return f"{self.address}{path}?token={quote(self.token, safe='')}"

    def prepare(self, project: str) -> None:
        """Have the server begin with a project while the browser is still being started."""
        request = Request(
            f"{self.address}/api/v1/projects/{project}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        # Whatever proxy the environment names, the token is not for it. A server that does not answer is
        # told by the browser, which asks for the same.
        with suppress(OSError), build_opener(ProxyHandler({})).open(request, timeout=60):
            pass


@contextmanager
def alone(settings: ServerSettings) -> Iterator[None]:
    """Hold the workspace. Raises `Occupied` where another server does."""
    settings.hidden.mkdir(parents=True, exist_ok=True)
    with (settings.hidden / _LOCK).open("a+b") as stream:
        if not _lock(stream):
            raise Occupied(settings)
        place = settings.hidden / _PLACE
        place.unlink(missing_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"address": settings.address, "token": settings.token}, file)
        try:
            yield
        finally:
            place.unlink(missing_ok=True)


class Occupied(UsageError):
    """Another server is at work in the workspace; `running` says where, if it is known."""

    def __init__(self, settings: ServerSettings) -> None:
        try:
            self.running = Running(**json.loads((settings.hidden / _PLACE).read_bytes()))
        except (OSError, ValueError, TypeError):
            self.running = None
        where = f" at {self.running.address}" if self.running else ""
        super().__init__(
            f"a server is at work in {settings.folder} already{where}; stop it, or give another "
            "--folder"
        )


def _lock(stream: BinaryIO) -> bool:
    """Take the system's own lock of a file, which its holder's end frees; whether it was free."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def open_in_workspace(settings: ServerSettings, path: Path) -> str:
    """The id of the project at `path`, or of a new one for the clip there."""
    from cleanplate.engine.store import open_store
    from cleanplate.server.creating import from_path
    from cleanplate.server.database import Database
    from cleanplate.server.hub import Hub
    from cleanplate.server.workspace import Workspace

    database = Database(settings.hidden / "server.sqlite")
    try:
        workspace = Workspace(settings, database, Hub(), open_store())
        return from_path(workspace, path.resolve()).id
    finally:
        database.close()


def run(settings: ServerSettings, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve on a listening socket until SIGINT or SIGTERM; `ready` is called once it does."""
    # Requests go through many hands, each of which would wait 5 ms while a thread decodes.
    sys.setswitchinterval(0.0005)
    front = Front(settings, lambda: server.handle_exit(signal.SIGTERM, None))
    config = uvicorn.Config(
        front,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_FAREWELL,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        # What stands before this server, if anything, is not known: its word isn't taken.
        proxy_headers=False,
        ws="none",
    )
    # Uvicorn raises the signal that stopped it once more: what is left to do here must be done.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = _Server(config, ready)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[opened])
    if front.trouble is not None:
        raise front.trouble
