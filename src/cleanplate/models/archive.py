"""Taking named files out of an archive without ever trusting the archive.

Nothing is unpacked: each wanted member is read as a stream and written under a name of our own
choosing, so a member called `../../x`, a link or a device file has nowhere to go.
"""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from cleanplate.errors import ModelError


def extract(archive: Path, members: Sequence[str], target: Path, limit: int) -> None:
    """Join `members` of a tar or zip `archive`, in order, into the file `target`.

    `limit` is the most bytes that may come out, so that a small archive cannot fill the disk.
    Raises ModelError when a member is missing, is not a plain file, or the limit is passed.
    """
    try:
        if zipfile.is_zipfile(archive):
            _from_zip(archive, members, target, limit)
        else:
            _from_tar(archive, members, target, limit)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise ModelError(f"The package {archive.name} cannot be read ({error}).") from error


def _from_zip(archive: Path, members: Sequence[str], target: Path, limit: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        known = set(opened.namelist())
        _join(archive, members, target, limit, lambda m: opened.open(m) if m in known else None)


def _from_tar(archive: Path, members: Sequence[str], target: Path, limit: int) -> None:
    with tarfile.open(archive) as opened:
        known = {entry.name: entry for entry in opened}

        def stream(member: str) -> BinaryIO | None:
            if member not in known:
                return None
            if not known[member].isreg():
                raise ModelError(f"{member} in {archive.name} is no plain file; it was refused.")
            return opened.extractfile(known[member])

        _join(archive, members, target, limit, stream)


def _join(
    archive: Path,
    members: Sequence[str],
    target: Path,
    limit: int,
    stream_of: Callable[[str], BinaryIO | None],
) -> None:
    with target.open("wb") as out:
        for member in members:
            stream = stream_of(member)
            if stream is None:
                raise ModelError(f"The package {archive.name} has no file {member}.")
            with stream:
                limit -= _copy(stream, out, limit, archive)


def _copy(stream: BinaryIO, out: BinaryIO, limit: int, archive: Path) -> int:
    start = out.tell()
    bounded = _Bounded(stream, limit)
    shutil.copyfileobj(bounded, out, 1 << 20)
    if bounded.left < 0:
        raise ModelError(f"{archive.name} holds more than the catalogue promises; it was refused.")
    return out.tell() - start


class _Bounded:
    """A stream that ends one byte after `limit`, so that the excess is noticed, not read."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self.left = limit

    def read(self, size: int) -> bytes:
        block = self._stream.read(min(size, self.left + 1)) if self.left >= 0 else b""
        self.left -= len(block)
        return block
