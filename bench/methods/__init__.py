"""What fills a hole: ours and the peers, each `fill(frames, holes) -> frames` in its own file.

Frames are `uint8` RGB `(h, w, 3)` whose holes were blacked out, holes `bool (h, w)`; a result has
the same shapes. A method is named by its module's name.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Frames = Sequence[np.ndarray]
Fill = Callable[[Frames, Frames], list[np.ndarray]]

PEERS = ("telea", "ns", "patchmatch", "median")
METHODS = (*PEERS, "ours")

TITLES = {
    "telea": "Telea",
    "ns": "Navier-Stokes",
    "patchmatch": "PyPatchMatch",
    "median": "temporal median",
    "ours": "Cleanplate",
}


def load(name: str, quality: str) -> Fill:
    """The method called `name`; `quality` matters to ours alone."""
    module = importlib.import_module(f"bench.methods.{name}")
    if name == "ours":
        return lambda frames, holes: module.fill(frames, holes, quality=quality)
    return module.fill


def unavailable(name: str) -> str | None:
    """Why the method cannot run on this machine, or None when it can."""
    try:
        module = importlib.import_module(f"bench.methods.{name}")
    except ImportError as error:
        return str(error)
    check = getattr(module, "unavailable", None)
    return check() if check else None


def source_digest(name: str, quality: str) -> str:
    """A hash of the code behind a method: when it changes, its stored results no longer count."""
    here = Path(__file__).parent
    files = [here / f"{name}.py"]
    if name == "median":
        files.append(here / "telea.py")
    if name == "ours":
        package = here.parents[1] / "src" / "cleanplate"
        files += sorted(p for p in package.rglob("*") if p.suffix in {".py", ".npz", ".npy"})
    digest = hashlib.sha256(quality.encode() if name == "ours" else b"")
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
