"""Files to frames and frames to files: probe, decode, encode, timing, colour, alpha, audio.

Everything goes through FFmpeg's libraries (PyAV). The names below load on first use, so that
importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleanplate.media.compose import repainted, repainted_info
    from cleanplate.media.frame import Frame
    from cleanplate.media.hole import align_hole
    from cleanplate.media.info import ClipInfo, Colour
    from cleanplate.media.masks import MaskReader, open_masks
    from cleanplate.media.plan import ExportPlan, plan_export
    from cleanplate.media.probing import probe
    from cleanplate.media.reader import ClipReader, open_clip
    from cleanplate.media.settings import ExportSettings
    from cleanplate.media.shots import detect_shots
    from cleanplate.media.writer import ClipWriter

_HOMES = {
    "ClipInfo": "info",
    "ClipReader": "reader",
    "ClipWriter": "writer",
    "Colour": "info",
    "ExportPlan": "plan",
    "ExportSettings": "settings",
    "Frame": "frame",
    "MaskReader": "masks",
    "align_hole": "hole",
    "detect_shots": "shots",
    "mask_path": "masks",
    "open_clip": "reader",
    "open_masks": "masks",
    "plan_export": "plan",
    "probe": "probing",
    "repainted": "compose",
    "repainted_info": "compose",
}

__all__ = [
    "ClipInfo", "ClipReader", "ClipWriter", "Colour", "ExportPlan", "ExportSettings", "Frame",
    "MaskReader", "align_hole", "detect_shots", "mask_path", "open_clip", "open_masks", "plan_export", "probe",
    "repainted", "repainted_info",
]  # fmt: skip


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"cleanplate.media.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
