"""Exports and tracking, before they begin: what they will be, and what stands in their way."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanplate.engine.disk import output_need
from cleanplate.media import ExportSettings, codecs, plan_export, repainted_info
from cleanplate.media.pixels import layout
from cleanplate.media.plan import CONTAINERS, EVERY_FRAME, PICTURES
from cleanplate.server import exporting, machine
from cleanplate.server.creating import take_clip
from cleanplate.server.opened import OpenProject
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.jobs import (
    ExportCodec,
    ExportFormat,
    ExportPlan,
    Job,
    NewExport,
    Track,
)
from cleanplate.server.workspace import free_path, safe_name

if TYPE_CHECKING:
    from cleanplate.server.services import Services

_LABELS = {
    "mp4": "MP4", "mov": "QuickTime (MOV)", "mkv": "Matroska (MKV)", "webm": "WebM",
    "webp": "Animated WebP", "gif": "GIF", "png": "PNG pictures", "tiff": "TIFF pictures", "jpeg": "JPEG pictures",
}  # fmt: skip

_BLUR = 1 / 64
"""How far out of focus a blurred background is, as a share of the clip's width."""

_CODECS = ("h264", "h265", "av1", "prores", "vp9", "ffv1")


def check_track(project: OpenProject, wanted: Track) -> None:
    """Raise `Refused` where there is nothing to track, or no network to track with."""
    if wanted.end is not None or wanted.first is not None:
        project.check_span(wanted.first or 0, wanted.end)
    objects = project.now().state.objects
    for number in wanted.objects or ():
        project.object(number)
    if not any(objects[number].keys for number in wanted.objects or objects):
        raise Refused(
            409,
            "No object has a key frame to be followed from.",
            "Point at something first.",
            field="objects",
        )
    machine.require("track")


def check_shadow(project: OpenProject, number: int) -> None:
    """Raise `Refused` where an object has no mask to find a shadow by."""
    one = project.now().state.objects[project.object(number)]
    if not one.keys and not one.runs:
        raise Refused(409, f"Object {number} has no mask yet.", "Point at it first.")
    if one.keys:
        machine.require("track")


def formats() -> list[ExportFormat]:
    """What can be written, and with which codecs."""
    found = []
    for name, label in _LABELS.items():
        muxer = CONTAINERS.get(f".{name}", name)
        fitting = [codecs.codec(c) for c in _CODECS if muxer in codecs.codec(c).containers]
        told = [
            ExportCodec(
                codec=one.name,
                label=one.label,
                alpha=name != "mp4" and _alpha(one),
                lossless=one.lossless,
            )
            for one in fitting
        ]
        pictures = f".{name}" in PICTURES
        alpha = name in ("webp", "png", "tiff") or any(one.alpha for one in told)
        what = ["plate", *(["cutout"] if alpha else []), *([] if name == "gif" else ["matte"])]
        sound = not pictures and name not in ("webp", "gif")
        found.append(ExportFormat(format=name, label=label, codecs=told, what=what, sound=sound))
    return found


def _alpha(codec: codecs.Codec) -> bool:
    wide = codecs.codec("prores4444") if codec.name == "prores" else codec
    return any(layout(name).alpha for name in wide.formats)


def plan(serving: Services, project: OpenProject, wanted: NewExport) -> ExportPlan:
    """What an export would be."""
    clip = project.clip()
    frames = len(project.check_span(wanted.first or 0, wanted.end))
    output = output_path(serving, project, wanted)
    clear = wanted.what == "cutout" and wanted.background is None
    info = repainted_info(clip.info, True) if clear else clip.info
    made = plan_export(info, output, settings_of(wanted))
    if clear and not layout(made.pix_fmt).alpha:
        raise Refused(
            422,
            f"{made.codec.label} in {wanted.format} holds no transparency.",
            "Choose MOV with ProRes, WebM, MKV with FFV1, WebP, PNG or TIFF pictures, or a "
            "background.",
            field="codec" if wanted.codec else "format",
        )
    need = output_need(clip.info, made, wanted.quality, frames, wanted.crf)
    return ExportPlan(
        name=output.parent.name if made.pictures else output.name,
        container=made.container,
        codec=made.codec.name,
        label=made.codec.label,
        width=clip.info.width,
        height=clip.info.height,
        frames=frames,
        bytes=need,
        kept=[fact for fact in made.kept if fact != EVERY_FRAME or frames == clip.frames],
        lost=made.lost,
        disk_free=shutil.disk_usage(serving.workspace.exports).free,
    )


@dataclass(frozen=True)
class Reserved:
    """An export that can begin: its name, and its job's request."""

    name: str
    request: dict[str, Any]


def reserve(serving: Services, project: OpenProject, wanted: NewExport) -> Reserved:
    """Choose the export's name. `Refused` where there is nothing to do, or no room for it."""
    planned = plan(serving, project, wanted)
    if planned.bytes > planned.disk_free:
        raise Refused(
            507,
            f"It may take {planned.bytes / 1e9:.1f} GB, and {planned.disk_free / 1e9:.1f} GB are "
            "free.",
            "Make room, or choose a lower quality.",
        )
    exporting.check(project.now().state, wanted.what)
    _check_network(project, wanted)
    output = output_path(serving, project, wanted)
    request = {**wanted.model_dump(), "output": str(output)}
    if wanted.background is not None:
        request["background"] = _background(serving, project, wanted.background)
    return Reserved(planned.name, request)


def _check_network(project: OpenProject, wanted: NewExport) -> None:
    """Raise `Refused` where the network that makes the mattes of an export is not here."""
    from cleanplate.engine.cutout_project import matte_method
    from cleanplate.engine.matting import NETWORKS

    method = matte_method(project.now().state)
    if wanted.what in ("cutout", "matte") and method in NETWORKS:
        machine.require_network(NETWORKS[method])


def _background(serving: Services, project: OpenProject, chosen: str) -> str:
    """A request's background in the words of `engine`; an upload is moved among the clips."""
    kind, _, upload = chosen.partition(":")
    if kind == "blur":
        return f"blur:{max(1, round(project.clip().info.width * _BLUR))}"
    if kind != "upload":
        return chosen
    return str(take_clip(serving, upload))


def settings_of(wanted: NewExport) -> ExportSettings:
    """A request in the words of `media`."""
    return ExportSettings(codec=wanted.codec, quality=wanted.quality, crf=wanted.crf)


def output_path(serving: Services, project: OpenProject, wanted: NewExport) -> Path:
    """Where an export goes: a new file in the workspace's Exports, or frames in a new folder."""
    exports = serving.workspace.exports
    name = wanted.name or project.name
    stem = safe_name(name + ".x", "Export").removesuffix(".x")
    taken = {Path(output) for output in serving.jobs.outputs()}
    if f".{wanted.format}" in PICTURES:
        folder = free_path(exports, stem, "", {path.parent for path in taken})
        return folder / f"{stem.replace('%', '%%')}_%05d.{wanted.format}"
    return free_path(exports, stem, f".{wanted.format}", taken)


def output_of(job: Job, serving: Services) -> tuple[Path, str]:
    """The file of a finished export and the name to download it by; pictures as a ZIP."""
    if job.kind != "export" or job.result is None or job.result.path is None:
        raise Refused(404, "The job has no file, or none yet.", "Wait until it is done.")
    path = Path(job.result.path)
    if not path.exists():
        raise Refused(404, "The file is no longer where the export put it.", "Export it again.")
    if path.is_file():
        return path, path.name
    packed = serving.settings.hidden / "zips" / f"{job.id}.zip"
    if not packed.exists():
        packed.parent.mkdir(exist_ok=True)
        beside = packed.with_suffix(".part")
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for picture in sorted(path.iterdir()):
                archive.write(picture, f"{path.name}/{picture.name}")
        beside.replace(packed)
    return packed, f"{path.name}.zip"
