"""A process beside the server that it talks to in lines of JSON.

Each is a new Python, so that nothing of the server is in it and nothing of it can take the server
down. It ends when the server does, however that happens: then its standard input ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Message = dict[str, Any]

_PATIENCE = 3.0
"""Seconds that a process has to end when it is asked to."""

_LOG = 1 << 20
"""Bytes of a log after which it begins anew."""


class Process:
    """A running module; `told` is called with each message of its, `ended` once, in a thread."""

    def __init__(
        self,
        module: str,
        log: Path,
        told: Callable[[Process, Message], None],
        ended: Callable[[Process, str], None],
    ) -> None:
        self._told = told
        self._ended = ended
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG:
            log.unlink()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Ctrl-C is for the server, which tells its processes itself.
                start_new_session=True,
            )
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name=module, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Message) -> bool:
        """Tell it something; whether it could be told."""
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._sending:
            try:
                self._process.stdin.write(line)
                self._process.stdin.flush()
            except (OSError, ValueError):
                return False
        return True

    def hold(self) -> None:
        """Have it and all that it started stand still, in the middle of whatever it does."""
        _signal_group(self.pid, "SIGSTOP")

    def go_on(self) -> None:
        """Let it go on after `hold`."""
        release(self.pid)

    def kill(self) -> None:
        """End it at once."""
        with suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Ask it to end, and see to it."""
        with suppress(OSError, ValueError):
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        if self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)

    def _listen(self) -> None:
        for line in self._process.stdout:
            with suppress(ValueError):
                self._told(self, json.loads(line))
        self._ended(self, describe_end(self._process.wait()))


def release(pid: int) -> None:
    """Let the process with this number, which was told to `hold`, go on."""
    _signal_group(pid, "SIGCONT")


def _signal_group(pid: int, name: str) -> None:
    # Each is the leader of a session of its own. Windows knows no such signals: there all go on.
    if hasattr(signal, name):
        with suppress(OSError):  # it has ended
            os.killpg(pid, getattr(signal, name))


def describe_end(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"it ended by itself, with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = {
        "SIGKILL": "it was killed, by the system perhaps, for want of memory",
        "SIGSEGV": "it crashed in compiled code",
        "SIGABRT": "it gave itself up",
    }
    return f"{why.get(name, 'it was stopped')} ({name})"
