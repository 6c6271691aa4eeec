"""Files that are not on this machine: clips fetched, results delivered, by fsspec."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import platformdirs

from cleanplate.errors import ClusterError, MediaError, ProjectError, UsageError
from cleanplate.project import Project
from cleanplate.project.fingerprint import fingerprint as fingerprint_of

_CLIPS_KEPT = 3
"""Fetched clips that stay on this machine; the one used longest ago goes first."""


def is_url(place: object) -> bool:
    """Whether a place is a URL, and not a path of this machine."""
    return "://" in str(place)


def filesystem(url: str) -> tuple[Any, str]:
    """fsspec's filesystem for a URL, and the path in it.

    Raises `UsageError` where fsspec isn't installed or doesn't know the kind of place.
    """
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            f"{url}: places on other machines need fsspec: pip install 'cleanplate[cluster]'"
        ) from error
    try:
        # Listings must not be remembered: other machines write as well.
        files, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError, TypeError) as error:
        raise UsageError(f"{url} can't be reached: {error}") from error
    return files, path.rstrip("/")


def the_clip(project: Project, elsewhere: str | None) -> Path:
    """The project's clip on this machine, fetched from `elsewhere`, a URL, where it isn't here.

    Raises what `Project.clip` raises.
    """
    try:
        return project.clip()
    except ProjectError:
        if elsewhere is None:
            raise
    return project.find_clip(fetched(elsewhere, project.fingerprint))


def fetched(place: str, fingerprint: str) -> Path:
    """A clip on this machine, from a path or a URL that it has; the very one of this fingerprint.

    What is fetched is kept for the next time. Raises `MediaError` where it can't be had, or is
    another clip.
    """
    if not is_url(place):
        path = Path(place)
        if not path.exists():
            raise MediaError(
                f"{place} isn't on {os.uname().nodename}. Put the clip where all machines reach it, "
                "and say where with --clip."
            )
        if fingerprint_of(path) != fingerprint:
            raise MediaError(f"{place} on {os.uname().nodename} is another clip.")
        return path
    kept = _clips() / fingerprint[:32]
    path = kept / PurePosixPath(place).name
    if not path.exists():
        _fetch(place, path, fingerprint)
    os.utime(kept)
    return path


def _fetch(url: str, path: Path, fingerprint: str) -> None:
    files, source = filesystem(url)
    kept = path.parent
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_name(f".{uuid.uuid4().hex}.part")
    beside.mkdir()
    try:
        try:
            files.get(source, str(beside / path.name), recursive=files.isdir(source))
        except OSError as error:
            raise MediaError(f"{url} can't be fetched: {error}") from error
        if fingerprint_of(beside / path.name) != fingerprint:
            raise MediaError(f"{url} is another clip: its content isn't that of the project's.")
        if kept.exists():
            shutil.rmtree(kept, ignore_errors=True)
        try:
            os.replace(beside, kept)
        except OSError:  # another process has just put it there
            if not path.exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    others = sorted(kept.parent.glob("[!.]*"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in others[_CLIPS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _clips() -> Path:
    return Path(platformdirs.user_cache_dir("cleanplate", appauthor=False)) / "clips"


@contextmanager
def delivered(output: Path | str, overwrite: bool) -> Iterator[Path]:
    """A path to write to: the output's own, or, for a URL, one whose files go there at the end.

    Nothing is delivered where this is left with an error. Raises `UsageError` where something is
    there already, `ClusterError` where it can't be delivered.
    """
    if not is_url(output):
        yield Path(output)
        return
    files, target = filesystem(str(output))
    if files.exists(target) and not overwrite:
        raise UsageError(f"{output} exists already; give another name, or --overwrite")
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        path = Path(folder) / PurePosixPath(target).name
        yield path
        try:
            parent = files._parent(target)
            files.makedirs(parent, exist_ok=True)
            for one in sorted(Path(folder).rglob("*")):
                if one.is_file():
                    _deliver(files, one, f"{parent}/{one.relative_to(folder).as_posix()}")
        except OSError as error:
            raise ClusterError(f"{output} can't be written: {error}") from error


def _deliver(files: Any, source: Path, target: str) -> None:
    """Upload beside the place and rename, so that half a file never has its name."""
    files.makedirs(files._parent(target), exist_ok=True)
    beside = f"{target}.{uuid.uuid4().hex}.part"
    files.put_file(str(source), beside)
    if files.exists(target):
        files.rm_file(target)
    files.mv(beside, target)
