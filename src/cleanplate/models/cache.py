"""Where fetched networks are kept, and the check that every byte of them must pass."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from cleanplate.errors import ModelError
from cleanplate.models.manifests import Manifest, ModelFile

_CHUNK = 1 << 20


def folder() -> Path:
    """The folder that holds every network: `CLEANPLATE_MODELS`, else the user's own cache."""
    named = os.environ.get("CLEANPLATE_MODELS")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("cleanplate", appauthor=False)) / "models"


def path(network: Manifest, item: ModelFile) -> Path:
    """Where `item` of `network` lies once it has been fetched."""
    return folder() / network.name / item.name


def digest(file: Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal."""
    total = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_CHUNK):
            total.update(block)
    return total.hexdigest()


def fits(network: Manifest, item: ModelFile, file: Path) -> bool:
    """Whether `file` exists and is, byte for byte, what the catalogue promises of `item`."""
    return file.is_file() and file.stat().st_size == item.size and digest(file) == item.sha256


def present(network: Manifest) -> bool:
    """Whether every file of `network` is in the cache with the right size (hashes are not read)."""
    return all(
        path(network, item).is_file() and path(network, item).stat().st_size == item.size
        for item in network.files
    )


def read(network: Manifest, item: ModelFile) -> bytes:
    """Return the cached bytes of `item`, having checked them.

    The bytes that are hashed are the bytes that are returned, so nothing can change between the
    check and the use. Raises ModelError when the file is missing or its hash is wrong.
    """
    file = path(network, item)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{item.name} of {network.name} is not in the cache ({file}). "
            f"Run: cleanplate models pull {network.name}"
        ) from error
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise ModelError(
            f"{file} is not the file that the catalogue names (its SHA-256 is wrong), so it was "
            f"not loaded. Run: cleanplate models pull {network.name}"
        )
    return data


def keep(network: Manifest, item: ModelFile, candidate: Path) -> Path:
    """Move a verified `candidate` into the cache and return its place there.

    `candidate` must lie on the cache's own filesystem (see `locked`). Raises ModelError, and
    leaves the cache as it was, when the candidate is not what the catalogue promises.
    """
    if not fits(network, item, candidate):
        raise ModelError(
            f"What came for {item.name} of {network.name} is not what the catalogue names "
            f"({candidate.stat().st_size} bytes, SHA-256 {digest(candidate)}; expected "
            f"{item.size} bytes, SHA-256 {item.sha256}). It was not kept."
        )
    place = path(network, item)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(candidate, place)
    return place


@contextlib.contextmanager
def locked(network: Manifest) -> Iterator[Path]:
    """Hold the network's folder while it is being fetched, so that two processes take turns.

    Yields a folder for unfinished downloads, which outlives the process: that is what makes a
    download resumable. The lock itself is the operating system's and dies with its holder.
    """
    unfinished = folder() / network.name / "unfinished"
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        stream = (unfinished / "lock").open("a+b")
    except OSError as error:
        raise ModelError(
            f"The models' folder {folder()} cannot be written ({error.strerror}). "
            "Set CLEANPLATE_MODELS to a folder that can."
        ) from error
    with stream:
        _lock(stream)
        yield unfinished


def _lock(stream) -> None:
    if os.name == "nt":
        import msvcrt

        while True:
            with contextlib.suppress(
                OSError
            ):  # it gives up after ten seconds; a fetch may take more
                msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
                return
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX)
