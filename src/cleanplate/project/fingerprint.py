"""What a source is known by: its content, wherever it lies and whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cleanplate.errors import MediaError
from cleanplate.media import sequence

_BLOCK = 1 << 20


def fingerprint(source: Path) -> str:
    """BLAKE2b-256 of a file's bytes, or of the names and bytes of several files, in hex: those in
    a folder, or those that a pattern such as ``frames/%05d.png`` means.

    Every byte counts: a change anywhere in the clip would change some window's result. Raises
    `OSError` where something cannot be read.
    """
    total = hashlib.blake2b(digest_size=32)
    if source.is_file():
        total.update(_digest(source))
    else:
        for path in _files(source):
            total.update(path.name.encode() + b"\0" + _digest(path))
    return total.hexdigest()


def stamp(source: Path) -> list[list]:
    """Names, sizes and times of change: if these are the same, so is the content, for all that
    can be told without reading it."""
    paths = [source] if source.is_file() else _files(source)
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths]


def is_there(source: Path) -> bool:
    """Whether there is such a file or folder, or any file that a pattern means."""
    if source.exists():
        return True
    try:
        return bool(sequence.find(source))
    except MediaError:
        return False


def _files(source: Path) -> list[Path]:
    """The files in a folder, or those that a pattern means."""
    if not source.is_dir():
        return sequence.find(source)
    return sorted(
        path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _digest(path: Path) -> bytes:
    total = hashlib.blake2b(digest_size=32)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            total.update(block)
    return total.digest()
