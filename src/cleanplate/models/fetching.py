"""Bringing a network into the cache: once, checked, and never again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import ModelError
from cleanplate.models import cache, sources
from cleanplate.models.manifests import Manifest, ModelFile, manifest
from cleanplate.models.sources import packages


class Unfetchable(ModelError):
    """No source of a network could be reached, or fetching was forbidden."""


@dataclass(frozen=True)
class FetchEvent:
    """What is being fetched just now, for a progress bar.

    The first event of every file comes before any network is touched, with `done` 0: that is the
    moment to show `network.licence`. `total` is 0 while the source does not say how far it is.
    """

    network: Manifest
    file: ModelFile
    source: str
    done: int
    total: int


Watcher = Callable[[FetchEvent], None]


def fetch(
    name: str, *, watch: Watcher | None = None, given: Mapping[str, Path] | None = None
) -> dict[str, Path]:
    """Make every file of the network `name` present in the cache and return their paths.

    What is already there and has the right hash is kept, without any network. Otherwise the
    sources of the manifest are tried in order until one gives the right bytes.

    Parameters
    ----------
    name
        A name of the catalogue, as in `cleanplate models list`.
    watch
        Called as work goes on; what it raises stops the fetch and reaches the caller, and the
        next fetch goes on where this one stopped.
    given
        Files that the user names, by the file's name in the catalogue; they are checked, copied
        into the cache and used before any source.

    Raises
    ------
    Unfetchable
        When no source could be reached. The message lists each source with its reason, and the
        way to bring the file by hand.
    ModelError
        When there is no such network, or what a source sent is not what the catalogue names.

    Setting `CLEANPLATE_OFFLINE` to anything but nothing keeps this function off the network.
    """
    network = manifest(name)
    given = dict(given or {})
    for name_given in given:
        network.file(name_given)  # raises for one that the network does not have
    if all(item.name not in given and _cached(network, item) for item in network.files):
        return {item.name: cache.path(network, item) for item in network.files}
    with cache.locked(network) as unfinished:
        try:
            paths = {
                item.name: _bring(network, item, unfinished, watch, given.get(item.name))
                for item in network.files
            }
        except ModelError:
            packages.forget(unfinished)  # it may be what was wrong
            raise
        packages.forget(unfinished)
        return paths


def _cached(network: Manifest, item: ModelFile) -> bool:
    return cache.fits(network, item, cache.path(network, item))


def _bring(
    network: Manifest,
    item: ModelFile,
    unfinished: Path,
    watch: Watcher | None,
    named: Path | None,
) -> Path:
    if named is not None:
        return _adopt(network, item, unfinished, named)
    if _cached(network, item):  # another process may have brought it while we waited
        return cache.path(network, item)
    if os.environ.get("CLEANPLATE_OFFLINE"):
        raise Unfetchable(
            f"{network.name} is not in the cache and CLEANPLATE_OFFLINE is set. Unset it, or run: "
            f"cleanplate models pull {network.name} --file {item.name}=PATH"
        )
    reasons: list[str] = []
    kind: type[ModelError] = Unfetchable
    for source in item.sources:
        try:
            return _from_source(network, item, source, unfinished, watch)
        except sources.Unreachable as error:
            reasons.append(f"  {source.describe()}: {error}")
        except ModelError as error:
            kind = ModelError
            reasons.append(f"  {source.describe()}: {error}")
    raise kind(
        f"The network {network.name} ({network.title}) could not be fetched:\n"
        + "\n".join(reasons)
        + f"\nCheck the connection and try again, or bring {item.name} by hand: "
        f"cleanplate models pull {network.name} --file {item.name}=PATH"
    )


def _from_source(network, item, source, unfinished: Path, watch: Watcher | None) -> Path:
    def progress(done: int, total: int) -> None:
        if watch is not None:
            watch(FetchEvent(network, item, source.describe(), done, total))

    progress(0, item.size)
    candidate = sources.obtain(source, item, unfinished, progress)
    try:
        return cache.keep(network, item, candidate)
    finally:
        candidate.unlink(missing_ok=True)


def _adopt(network: Manifest, item: ModelFile, unfinished: Path, named: Path) -> Path:
    named = Path(named).expanduser()
    copy = unfinished / f"{item.name}.given"
    try:
        shutil.copyfile(named, copy)
    except OSError as error:
        raise ModelError(f"{named} cannot be read ({error.strerror}).") from error
    try:
        return cache.keep(network, item, copy)
    finally:
        copy.unlink(missing_ok=True)
