"""Remove what should not be there from ordinary video, on your own machine.

    import cleanplate

    cleanplate.erase("clip.mp4", "clean.mp4", mask="masks/")
    cleanplate.cutout("clip.mp4", "subject.mov")
    clean = cleanplate.erase(frames, mask=masks)  # arrays, or an iterator of frames
    info = cleanplate.probe("clip.mp4")

    project = cleanplate.Project.open("a.cleanplate")
    cleanplate.export(project, "clean.mp4")  # goes on where it was stopped

Nothing heavy is loaded until a verb is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cleanplate.errors import (
    Cancelled,
    CleanplateError,
    MaskError,
    MediaError,
    ModelError,
    UsageError,
)

if TYPE_CHECKING:
    from cleanplate.engine.cutting import cutout
    from cleanplate.engine.verbs import erase, export
    from cleanplate.media import probe
    from cleanplate.project import Project

__version__ = "0.1.0"

__all__ = [
    "Cancelled",
    "CleanplateError",
    "MaskError",
    "MediaError",
    "ModelError",
    "Project",
    "UsageError",
    "__version__",
    "cutout",
    "erase",
    "export",
    "probe",
]

_VERBS = {
    "Project": "cleanplate.project",
    "cutout": "cleanplate.engine.cutting",
    "erase": "cleanplate.engine.verbs",
    "export": "cleanplate.engine.verbs",
    "probe": "cleanplate.media",
}


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        raise AttributeError(f"module 'cleanplate' has no attribute {name!r}")
    verb = getattr(importlib.import_module(_VERBS[name]), name)
    globals()[name] = verb
    return verb


def __dir__() -> list[str]:
    return sorted(__all__)
