"""The log of runs: JSON lines of what each did, how long it took and what it warned of.

One line for the start of a run, one for each warning, one for each stage when the run ends (however
it ends), one for the end. Lines of one run have the same `run`.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from cleanplate.errors import UsageError

LARGEST = 1 << 20
"""Bytes after which the user's own log begins anew; the old one is kept beside it."""

KEPT = 3
"""Older logs that are kept."""


def default_log() -> Path:
    """The log in the user's state folder."""
    return Path(platformdirs.user_state_dir("cleanplate", appauthor=False)) / "runs.jsonl"


class RunLog:
    """Appends lines to a log. Several runs may share one: each line is written at once."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is never rotated; without one it is the user's own log, which is.

        Raises `UsageError` where a log that was asked for can't be written. The user's own is
        silently left out then: a run doesn't fail for its log.
        """
        self.path = path or default_log()
        self.run = uuid.uuid4().hex[:12]
        try:
            if path is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _rotate(self.path)
            else:
                with self.path.open("ab"):
                    pass
        except OSError as error:
            if path is not None:
                raise UsageError(
                    f"the log {path} can't be written: {error.strerror}; name another file"
                ) from error

    def write(self, event: str, **facts: Any) -> None:
        """Add one line; facts that are None are left out."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": now, "run": self.run, "event": event}
        line |= {key: value for key, value in facts.items() if value is not None}
        with suppress(OSError):
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(handle, (json.dumps(line, default=str) + "\n").encode())
            finally:
                os.close(handle)


def _rotate(path: Path) -> None:
    if not path.exists() or path.stat().st_size < LARGEST:
        return
    for number in range(KEPT, 0, -1):
        older = _numbered(path, number - 1)
        with suppress(FileNotFoundError):  # another run may be at it
            os.replace(older, _numbered(path, number))


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}") if number else path
