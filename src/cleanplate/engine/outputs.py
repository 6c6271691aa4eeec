"""Whether results may be written where they are to go: said before any work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.errors import UsageError
from cleanplate.media import sequence

if TYPE_CHECKING:
    from cleanplate.engine.run import OutputSettings


def check_outputs(output: Path, settings: OutputSettings, read: dict[str, Path]) -> None:
    """Refuse, before any work, what would destroy a file or can't be written.

    `read` are the files that the run reads, by what to call them. Raises `UsageError`.
    """
    written = {"output": output, "provenance": settings.provenance, "report": settings.report}
    named: dict[str, Path] = {name: path for name, path in written.items() if path is not None}
    for name, path in named.items():
        for what, other in read.items():
            if _same(path, other):
                raise UsageError(f"the {name} {path} is {what} itself; give another name")
        if not settings.overwrite:
            refuse_existing(path)
        folder = path.parent
        if not folder.is_dir() and "%" not in path.name:
            raise UsageError(f"there is no folder {folder}; create it first")
    if len({os.path.abspath(path) for path in named.values()}) < len(named):
        raise UsageError("two results have the same name; give each its own")


def refuse_existing(path: Path) -> None:
    """Raise `UsageError` where writing to `path`, a file, a folder or a pattern, would replace a file or
    come among other pictures."""
    if path.is_dir() or sequence.is_pattern(path.name):
        if sequence.taken(path):
            raise UsageError(f"{path}: pictures are there already; give another, or --overwrite")
    elif path.exists():
        raise UsageError(f"{path} exists already; give another name, or --overwrite")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return os.path.abspath(one) == os.path.abspath(other)
