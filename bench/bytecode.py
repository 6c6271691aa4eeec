"""The package's bytecode, as an installer leaves it."""

from __future__ import annotations

import compileall
from pathlib import Path

import cleanplate


def compile_package() -> None:
    """Leave the package as `pip` leaves one that it installs, whatever the environment says of
    bytecode: else a start is mostly compiling."""
    compileall.compile_dir(str(Path(cleanplate.__file__).parent), quiet=1)
