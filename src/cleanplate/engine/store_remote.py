"""A store on any filesystem that fsspec reaches: one for all the machines that work on a clip."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from cleanplate.engine.files import filesystem
from cleanplate.engine.store import Store, chosen_limit


class RemoteStore(Store):
    """A `Store` at a URL such as ``s3://bucket/store`` or ``memory://store``.

    What was written first goes first: such places do not note when something was last read.
    """

    folder = None

    def __init__(self, url: str, limit: int | None = None) -> None:
        """Raises `UsageError` where fsspec can't reach the place."""
        self.url = url
        self._files, self._root = filesystem(url)
        self.limit = chosen_limit(limit)
        self._size: int | None = None
        # Object stores have no folders to make (RuntimeError is what fsspec says then).
        with suppress(OSError, RuntimeError):
            self._files.makedirs(self._root, exist_ok=True)

    def has(self, key: str) -> bool:
        """Whether something is stored under `key`."""
        return self._files.exists(self._path(key))

    def _read(self, key: str) -> bytes | None:
        try:
            return self._files.cat_file(self._path(key))
        except (OSError, KeyError):
            return None

    def _write(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        beside = f"{path}.{uuid.uuid4().hex}.part"
        try:
            self._files.makedirs(self._files._parent(path), exist_ok=True)
            # An upload may break off in the middle on some of them; a rename never does.
            self._files.pipe_file(beside, data)
            self._files.mv(beside, path)
        except (OSError, KeyError):
            self._drop(beside)
            return False
        return True

    def _drop(self, path: Any) -> None:
        with suppress(OSError, KeyError):
            self._files.rm_file(path)

    def _entries(self) -> list[tuple[int, int, Any]]:
        """Time of writing (ns), size (bytes) and path, the oldest first."""
        try:
            found = self._files.find(self._root, detail=True)
        except (OSError, KeyError):
            return []
        entries = []
        for path, facts in found.items():
            written = _seconds(facts)
            entries.append((round(written * 1e9), facts.get("size") or 0, path))
        return sorted(entries)

    def _path(self, key: str) -> Any:
        return f"{self._root}/{key[:2]}/{key[2:]}"


def _seconds(facts: dict[str, Any]) -> float:
    """When something was written: every filesystem calls it differently."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = facts.get(name)
        if hasattr(value, "timestamp"):
            return value.timestamp()
        if isinstance(value, (int, float)):
            return float(value)
    return 0.0
