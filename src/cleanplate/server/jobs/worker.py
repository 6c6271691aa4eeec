"""A worker process: one job after another. Run by `Process`, never imported by the server."""

from __future__ import annotations

import os
import queue
import time
import traceback
from contextlib import suppress
from typing import Any

from cleanplate.engine.control import Control
from cleanplate.errors import Cancelled, CleanplateError
from cleanplate.server.jobs.channel import Channel, Message

_OFTEN = 0.1
"""Seconds between reports of progress, at least."""


class Reporter:
    """What a job tells the server while it is at work."""

    def __init__(self, channel: Channel, job: str, control: Control) -> None:
        self.control = control
        self._channel = channel
        self._job = job
        self._last = 0.0

    def progress(
        self, done: int, total: int | None, left: float | None = None, message: str = ""
    ) -> None:
        """How far it is; too much of it is left out."""
        now = time.monotonic()
        if now - self._last < _OFTEN and done != total:
            return
        self._last = now
        self.tell("progress", done=done, total=total, left=left, message=message)

    def tell(self, event: str, **facts: Any) -> None:
        """Anything else."""
        self._channel.send({"event": event, "job": self._job, **facts})


def main() -> None:
    """Do what the server says until it is gone."""
    with suppress(AttributeError, OSError):
        os.nice(5)  # the editor, which someone is looking at, goes first
    channel = Channel()
    waiting: queue.Queue[Message] = queue.Queue()
    controls: dict[str, Control] = {}

    def take(message: Message) -> None:
        if message["do"] == "run":
            controls[message["job"]] = Control()
            waiting.put(message)
        elif message["job"] in controls:
            getattr(controls[message["job"]], message["do"])()  # cancel, pause or resume

    channel.listen(take)
    while True:
        message = waiting.get()
        job = message["job"]
        reporter = Reporter(channel, job, controls[job])
        reporter.tell("end", **_outcome(message, reporter))
        del controls[job]


def _outcome(message: Message, reporter: Reporter) -> Message:
    from cleanplate.server.jobs.work import WORK

    try:
        result = WORK[message["kind"]](message, reporter)
    except Cancelled:
        return {"state": "cancelled"}
    except CleanplateError as error:
        return {"state": "failed", "error": {"message": " ".join(str(error).split())}}
    except MemoryError:
        remedy = "Close other programs, or choose a lower quality."
        return {"state": "failed", "error": {"message": "Out of memory.", "remedy": remedy}}
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return {"state": "failed", "error": {"message": said}}
    except Exception as error:
        traceback.print_exc()
        said = f"Unexpected {type(error).__name__}: {error}"
        remedy = "Its log is in the workspace, in .cleanplate/logs."
        return {"state": "failed", "error": {"message": said[:500], "remedy": remedy}}
    return {"state": "done", "result": result}


if __name__ == "__main__":
    main()
