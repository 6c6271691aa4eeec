"""How a project's holes are filled."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cleanplate import models
from cleanplate.fill import FillSettings
from cleanplate.project import State
from cleanplate.project.fingerprint import fingerprint, stamp


def fill_settings(state: State, quality: str | None = None, workers: int = 2) -> FillSettings:
    """How to fill: as carefully as the project says, unless `quality` says otherwise.

    Raises `ModelError` where the project's inpainting network cannot be had.
    """
    chosen = quality or state.settings.get("quality", "good")
    network = state.settings.get("completer") or None
    if network is None:
        return FillSettings(chosen, workers)
    from cleanplate.engine.plate import completer

    return FillSettings(chosen, workers, completer(network))


def fill_name(state: State) -> str:
    """What makes up what no frame shows, for names in the store: what its files hold."""
    return network_name(state.settings.get("completer"))


def network_name(network: str | None) -> str:
    """What an inpainting network, of the catalogue or a file, is known by: what its files hold."""
    if not network:
        return ""
    path = Path(network)
    if path.is_file():
        return _content(path, str(stamp(path)))
    return " ".join(file.sha256 for file in models.manifest(network).files)


@lru_cache(maxsize=4)
def _content(path: Path, facts: str) -> str:
    """A file's fingerprint, taken once while `facts` about it stay the same."""
    return fingerprint(path)
