"""What a source is known by: its content, wherever it lies and whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK = 1 << 20


def fingerprint(source: Path) -> str:
    """BLAKE2b-256 of a file's bytes, or of the names and bytes of a folder's files, in hex.

    Every byte counts: a change anywhere in the clip would change some window's result. Raises
    `OSError` where something cannot be read.
    """
    total = hashlib.blake2b(digest_size=32)
    if source.is_dir():
        for path in _files(source):
            total.update(path.name.encode() + b"\0" + _digest(path))
    else:
        total.update(_digest(source))
    return total.hexdigest()


def stamp(source: Path) -> list[list]:
    """Names, sizes and times of change: if these are the same, so is the content, for all that
    can be told without reading it."""
    paths = _files(source) if source.is_dir() else [source]
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths]


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _digest(path: Path) -> bytes:
    total = hashlib.blake2b(digest_size=32)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            total.update(block)
    return total.digest()
