"""The other end: what a process beside the server has to talk to it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]


class Channel:
    """Messages from and to the server, over what were standard input and output."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # whatever a library prints goes to the log
        sys.stdout = sys.stderr
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        """Tell the server something; for any number of threads."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            try:
                self._write(line)
            except OSError:
                os._exit(0)  # the server is gone

    def _write(self, line: bytes) -> None:
        while line:
            line = line[self._out.write(line) :]

    def listen(
        self, take: Callable[[Message], None], gone: Callable[[], None] = lambda: None
    ) -> None:
        """Hand what comes to `take`, in a thread; when the server is gone, call `gone` and end
        this process."""

        def run() -> None:
            for line in sys.stdin.buffer:
                take(json.loads(line))
            gone()
            # Threads may be inside compiled code; nobody is left to wait for them.
            os._exit(0)

        threading.Thread(target=run, name="listen", daemon=True).start()
