"""The store of derived data: everything in it can be computed again, and may go at any time.

Entries are named by the hash of what they were derived from, so an entry is right wherever it came
from: several processes share one store, and there is nothing to invalidate.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import platformdirs

GIB = 1 << 30

LIMIT = 20 * GIB
"""Bytes that a store holds at most, unless told otherwise."""

_KEEP = 0.9
"""Share of the limit that is left after the least recently used entries have gone."""

_CLIP = 8
"""Digits of a clip's fingerprint that names begin with."""

_CHECK = 16
"""Bytes of checksum before each entry's data: a power cut can leave a file of zeros."""


def key_of(*parts: Any, clip: str = "") -> str:
    """The name of what is derived from `parts`, values that JSON has: 40 hexadecimal digits.

    What is derived from one clip is given its fingerprint as `clip`, and begins with it, so that
    all of it can be found again and thrown away.
    """
    text = json.dumps([*parts, clip] if clip else parts, sort_keys=True, separators=(",", ":"))
    name = hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
    return clip[:_CLIP] + name[_CLIP:] if clip else name


@cache
def code_version(*packages: str) -> str:
    """A hash of these parts of Cleanplate, source and data: "fill", or "segment/edges.py"."""
    root = Path(__file__).parent.parent
    total = hashlib.blake2b(digest_size=16)
    for package in packages:
        for path in sorted([root / package, *(root / package).rglob("*")]):
            if path.is_file() and path.suffix not in (".pyc", ".nbi", ".nbc"):
                total.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return total.hexdigest()


class Store:
    """A bounded store in one folder; the least recently used entry goes first.

    Attributes:
        limit: bytes that it holds at most.
        folder: where it is; None where that isn't on a disk of this machine.
    """

    def __init__(self, folder: Path | None = None, limit: int | None = None) -> None:
        """`folder` defaults to `CLEANPLATE_STORE`, else the user's cache; `limit`, in bytes, to
        `CLEANPLATE_STORE_LIMIT`, else `LIMIT`."""
        self.folder = folder or _default_folder()
        self.limit = chosen_limit(limit)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._size: int | None = None

    def get(self, key: str) -> bytes | None:
        """What was stored under `key`; None where nothing is, or it was damaged."""
        data = self._read(key)
        if data is None:
            return None
        if data[:_CHECK] != _checksum(data[_CHECK:]):
            self._drop(self._path(key))
            return None
        return data[_CHECK:]

    def has(self, key: str) -> bool:
        """Whether something is stored under `key`, which is used by asking."""
        try:
            os.utime(self._path(key))
        except OSError:
            return False
        return True

    def put(self, key: str, data: bytes) -> None:
        """Store `data` under `key`. A full disk is no error: then it is just not stored."""
        if not self._write(key, _checksum(data) + data):
            return
        self._size = (self.size() if self._size is None else self._size) + _CHECK + len(data)
        if self._size > self.limit:
            self.trim(int(self.limit * _KEEP))

    def size(self) -> int:
        """Bytes in the store."""
        return sum(size for _, size, _ in self._entries())

    def trim(self, limit: int) -> None:
        """Let the least recently used entries go until at most `limit` bytes are left."""
        entries = self._entries()
        left = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if left <= limit:
                break
            self._drop(path)
            left -= size
        self._size = left

    def forget(self, clip: str) -> int:
        """Delete all that was derived from the clip of this fingerprint; returns its bytes."""
        freed = 0
        for _, size, path in self._entries():
            key = "".join(PurePath(path).parts[-2:])
            if key.startswith(clip[:_CLIP]):
                self._drop(path)
                freed += size
        self._size = None
        return freed

    def _read(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)
        return data

    def _write(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        beside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(exist_ok=True)
            beside.write_bytes(data)
            os.replace(beside, path)
        except OSError:
            beside.unlink(missing_ok=True)
            return False
        return True

    def _drop(self, path: Any) -> None:
        with suppress(OSError):
            path.unlink()

    def _entries(self) -> list[tuple[int, int, Any]]:
        """Time of last use (ns), size (bytes) and path, the least recently used first."""
        entries = []
        for path in self.folder.glob("??/*"):
            with suppress(OSError):
                facts = path.stat()
                entries.append((facts.st_mtime_ns, facts.st_size, path))
        return sorted(entries)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]


def chosen_limit(limit: int | None) -> int:
    """A limit in bytes: as given, else as `CLEANPLATE_STORE_LIMIT` says, else `LIMIT`."""
    return limit or int(os.environ.get("CLEANPLATE_STORE_LIMIT", LIMIT))


def open_store() -> Store:
    """The store that `CLEANPLATE_STORE` names, a folder or a URL that fsspec reaches; else the one
    in the user's cache."""
    named = os.environ.get("CLEANPLATE_STORE", "")
    if "://" in named:
        from cleanplate.engine.store_remote import RemoteStore

        return RemoteStore(named)
    return Store()


def _default_folder() -> Path:
    named = os.environ.get("CLEANPLATE_STORE")
    if named and "://" not in named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("cleanplate", appauthor=False)) / "store"


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECK).digest()
