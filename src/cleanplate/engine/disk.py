"""How much disk a run may take, said before it begins, and refused where it won't fit."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import DiskError
from cleanplate.media import ClipInfo, ExportPlan

_SPARE = 64 << 20
"""Bytes that are left free, for others and for what is not foreseen."""

_BITS = {"draft": 0.1, "good": 0.3, "best": 0.5}
"""Bits for each pixel of a frame that H.264 took at most here, on grainy clips, by quality."""

_PRORES = {"prores": 6, "prores4444": 12}
"""The same of ProRes, whatever the quality: 9.4 with transparency, on a small clip full of leaves."""

_PACKED = 0.6
"""Share of their plain size that lossless frames take at most, but for noise."""


@dataclass(frozen=True)
class Need:
    """What may be written to one place: `what` it is for, and how many bytes."""

    what: str
    place: Path
    size: int


def output_need(
    info: ClipInfo, plan: ExportPlan, quality: str, frames: int, crf: float | None = None
) -> int:
    """Bytes that an output takes at most, by its size, its kind and what the source takes.

    Encoders do not know either before they have seen the frames; this errs on the large side.
    """
    pixels = info.width * info.height * frames
    if plan.codec.name in _PRORES:
        return int(pixels * _PRORES[plan.codec.name] / 8)
    if quality == "lossless" or plan.pictures or plan.codec.name == "ffv1":
        samples = 3 if plan.pictures or not plan.pix_fmt.startswith("yuv420") else 1.5
        return int(pixels * samples * (2 if info.bit_depth > 8 else 1) * _PACKED)
    bits = _BITS[quality]
    if crf is not None:
        bits = max(bits, 0.5)
    own = _size(info) * frames / max(info.frame_count or frames, 1)
    return int(max(pixels * bits / 8, own))


def _size(info: ClipInfo) -> int:
    """Bytes of the clip's files."""
    paths = info.files or (info.path,)
    return sum(path.stat().st_size for path in paths if path.is_file())


def nearest_folder(path: Path) -> Path:
    """The folder that holds `path`, or will once it is made: the nearest that there is."""
    return next(folder for folder in path.resolve().parents if folder.is_dir())


def check_room(needs: list[Need]) -> None:
    """Refuse what won't fit. Places on the same disk are taken together.

    Raises `DiskError`, whose message says what is needed, what is free and what would help.
    """
    by_disk: dict[int, list[Need]] = {}
    for need in needs:
        by_disk.setdefault(os.stat(need.place).st_dev, []).append(need)
    for together in by_disk.values():
        wanted = sum(need.size for need in together)
        place = together[0].place
        free = shutil.disk_usage(place).free
        if wanted + _SPARE <= free:
            continue
        parts = " and ".join(f"{human(need.size)} for {need.what}" for need in together)
        raise DiskError(
            f"this may take {parts}, and {human(free)} are free at {place}. Make room, write "
            "elsewhere, or give the store less with CLEANPLATE_STORE_LIMIT (bytes) or another "
            "disk with CLEANPLATE_STORE."
        )


def human(size: int) -> str:
    """Bytes for a person: ``3.2 GB``, ``640 MB``; 1 MB is a million bytes, as disks are sold."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{max(size // 1000, 1)} kB"
