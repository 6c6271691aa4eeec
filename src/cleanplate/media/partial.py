"""Output that appears under its name when it is whole, and not before."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import weakref
from pathlib import Path

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import leftovers

_TRIES = 5
"""Times that a folder is emptied, should a thread be writing one more file into it."""


class PartialFile:
    """A file written beside its final place and renamed on `commit`."""

    def __init__(self, final: Path) -> None:
        self.final = final
        parent = final.parent
        if not parent.is_dir():
            raise UsageError(f"The folder {parent} does not exist. Make it first.")
        leftovers.clear(parent, final.stem)
        self.path = parent / f".{final.stem}.{os.getpid()}-{id(self):x}.part{final.suffix}"
        self._cleanup = weakref.finalize(self, _remove, self.path)
        self._ending = threading.Lock()
        if not os.access(parent, os.W_OK):
            raise MediaError(f"Nothing may be written to {parent}. Change its permissions.")

    def commit(self) -> None:
        """Bring the file to disk and give it its name. Raises `OSError` once it is discarded."""
        _sync(self.path)
        with self._ending:
            os.replace(self.path, self.final)
            self._cleanup.detach()
        _sync(self.final.parent)

    def discard(self) -> None:
        """Remove what was written. From any thread, and while another still writes."""
        with self._ending:
            self._cleanup()


class PartialFolder:
    """Files written into a hidden folder beside their place and moved on `commit`."""

    def __init__(self, final: Path) -> None:
        self.final = final
        if final.exists() and not final.is_dir():
            raise UsageError(f"{final} is a file; give a folder for the frames.")
        self._made = not final.exists()
        parent = final.parent
        if not parent.is_dir():
            raise UsageError(f"The folder {parent} does not exist. Make it first.")
        leftovers.clear(parent, final.name)
        self.path = parent / f".{final.name}.{os.getpid()}-{id(self):x}.part"
        try:
            self.path.mkdir()
        except OSError as error:
            raise MediaError(f"Nothing can be written to {parent}: {error.strerror}.") from None
        self._cleanup = weakref.finalize(self, _remove, self.path)
        self._ending = threading.Lock()

    def commit(self) -> None:
        """Bring the files to disk and move them to their folder. Raises `OSError` once they are
        discarded."""
        for path in sorted(self.path.iterdir()):
            _sync(path)
        with self._ending:
            if self._made:
                os.replace(self.path, self.final)
            else:
                for path in sorted(self.path.iterdir()):
                    os.replace(path, self.final / path.name)
                self.path.rmdir()
                _sync(self.final)
            self._cleanup.detach()
        _sync(self.final.parent)

    def discard(self) -> None:
        """Remove what was written. From any thread, and while another still writes."""
        with self._ending:
            self._cleanup()


def _remove(path: Path) -> None:
    if path.is_dir():
        for _ in range(_TRIES):
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                return
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _sync(path: Path) -> None:
    """fsync a file, or a folder where the system can."""
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) if path.is_dir() else os.O_RDWR
    try:
        handle = os.open(path, flags)
    except (PermissionError, IsADirectoryError):
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
