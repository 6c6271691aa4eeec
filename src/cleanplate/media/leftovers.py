"""What a process that was killed while it wrote has left behind."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

_UNFINISHED = re.compile(r"\.(.+)\.(\d+)-[0-9a-f]+\.part(\..*)?")
"""How `partial` calls a file until it is whole: the number is its process's."""


def clear(folder: Path, name: str | None = None) -> None:
    """Remove the unfinished files in a folder whose processes are gone: all, or those that were to be
    called `name`, without its ending."""
    if os.name != "posix" or not folder.is_dir():  # elsewhere there is no asking without harm
        return
    for path in folder.iterdir():
        named = _UNFINISHED.fullmatch(path.name)
        if named is None or name not in (None, named[1]) or _alive(int(named[2])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _ended(process)


def _ended(process: int) -> bool:
    """Whether a process has ended though nobody has asked how: in a container, where the first
    process often never does, its number stays taken for good."""
    try:
        facts = Path(f"/proc/{process}/stat").read_text()
    except OSError:  # other systems than Linux have no such file
        return False
    return facts.rpartition(")")[2].split()[0] in ("Z", "X")
