"""The journal: every edit ever made, one line each, only ever added to.

A line is a checksum, a space, and a JSON object. A line that is cut short or does not match its
checksum can only be the last one, left by a process that was killed or a disk that was full while
writing it; it was never acknowledged, and the next edit takes its place.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cleanplate.atomic import locked, sync_folder
from cleanplate.errors import ProjectError


class Journal:
    """The lines of one journal file; several processes may add to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name(f".{path.name}.lock")

    def read(self) -> list[dict[str, Any]]:
        """Every whole entry, in order. Raises `ProjectError` where the file was damaged later."""
        return self._parse()[0]

    def append(self, entry: dict[str, Any]) -> None:
        """Add an entry; it is on disk when this returns. Raises `OSError` on a full disk, and
        then the journal is what it was."""
        self.decide(lambda entries: entry)

    def decide(self, choose: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> None:
        """Add the entry that `choose` makes of those that are there, which no other process
        changes meanwhile; what `choose` raises leaves the journal as it was."""
        with locked(self._lock):
            entries, length = self._parse()
            entry = choose(entries)
            existed = self._path.exists()
            with self._path.open("r+b" if existed else "xb", buffering=0) as stream:
                stream.truncate(length)
                stream.seek(length)
                try:
                    _write_all(stream, _line(entry))
                    os.fsync(stream.fileno())
                except OSError:
                    stream.truncate(length)
                    raise
            if not existed:
                sync_folder(self._path.parent)

    def _parse(self) -> tuple[list[dict[str, Any]], int]:
        """The whole entries, and how many bytes they take."""
        data = self._path.read_bytes() if self._path.exists() else b""
        entries: list[dict[str, Any]] = []
        length = 0
        lines = data.split(b"\n")
        for number, line in enumerate(lines[:-1]):
            body = _body(line)
            if body is None:
                if any(_body(later) is not None for later in lines[number + 1 :]):
                    raise ProjectError(
                        f"{self._path}, line {number + 1}, is damaged. Restore the file from a "
                        "backup, or delete this line and those after it to go on from there."
                    )
                break
            entries.append(body)
            length += len(line) + 1
        return entries, length


def _write_all(stream: io.RawIOBase, data: bytes) -> None:
    # A nearly full disk takes a part of what it is given; the next write then says why.
    while data:
        data = data[stream.write(data) :]


def _line(entry: dict[str, Any]) -> bytes:
    body = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
    return _checksum(body) + b" " + body + b"\n"


def _body(line: bytes) -> dict[str, Any] | None:
    checksum, _, body = line.partition(b" ")
    return json.loads(body) if body and checksum == _checksum(body) else None


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=6).hexdigest().encode()
