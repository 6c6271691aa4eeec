"""The process that holds the promptable network, as the server sees it.

It is started when a project is opened, so that a click finds it ready, and again when it has ended.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import Any

from cleanplate.server.jobs.process import Message, Process
from cleanplate.server.refusals import Refused
from cleanplate.server.settings import ServerSettings

_FIRST = 0.6
"""Seconds that a project's first frame is given before the process is started beside it, which keeps
a core busy for two."""

_PATIENCE = 120.0
"""Seconds that an answer may take, on a slow machine that is busy."""


class Pointer:
    """Asks the process and waits for its answers; for any number of threads."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._process: Process | None = None
        self._prepared: tuple[Process, str] | None = None
        self._closed = False

    def start(self) -> Process:
        """The process, started if there is none."""
        with self._lock:
            if self._closed:
                raise Refused(503, "The server is stopping.")
            if self._process is None or not self._process.alive:
                self._process = Process(
                    "cleanplate.server.pointing",
                    self._settings.hidden / "logs" / "pointing.log",
                    self._told,
                    self._ended,
                )
            return self._process

    def prepare(self, project: str) -> None:
        """Have the project in a folder opened, so that the first click waits for nothing of it."""
        process = self.start()
        if self._prepared != (process, project):
            self._prepared = (process, project)
            process.send({"do": "prepare", "id": 0, "project": project})

    def prepare_soon(self, project: str) -> None:
        """`prepare`, once what is looked at first has had the machine to itself."""

        def begin() -> None:
            with suppress(Refused):  # the server is stopping
                self.prepare(project)

        timer = threading.Timer(_FIRST, begin)
        timer.daemon = True
        timer.start()

    def tell(self, do: str, **facts: Any) -> None:
        """Have something done, without waiting."""
        self.start().send({"do": do, "id": 0, **facts})

    def ask(self, do: str, **facts: Any) -> Any:
        """Have something done and wait for the answer. Raises `Refused`."""
        process = self.start()
        number = next(self._numbers)
        answer: Future[Any] = Future()
        with self._lock:
            self._waiting[number] = answer
        try:
            if not process.send({"do": do, "id": number, **facts}):
                raise Refused(503, "The process for pointing has just ended.", "Try again.")
            return answer.result(_PATIENCE)
        except TooLate as error:
            raise Refused(503, "Pointing took too long.", "Try again.") from error
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
            process.close()

    def _told(self, process: Process, message: Message) -> None:
        with self._lock:
            answer = self._waiting.get(message["id"])
        if answer is None:
            return
        if "error" in message:
            answer.set_exception(Refused(message["status"], message["error"]))
        else:
            answer.set_result(message["answer"])

    def _ended(self, process: Process, how: str) -> None:
        with self._lock:
            waiting = list(self._waiting.values())
        for answer in waiting:
            if not answer.done():
                said = f"The process for pointing is gone: {how}."
                answer.set_exception(Refused(503, said, "Try again: it is started anew."))
