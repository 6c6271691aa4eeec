"""Projects, objects and masks as the API tells them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cleanplate.errors import CleanplateError
from cleanplate.project import ObjectState, Prompts
from cleanplate.segment.rle import decode, encode
from cleanplate.server.mask_shapes import bare, masks_to_json
from cleanplate.server.opened import Clip, OpenProject
from cleanplate.server.pictures import png
from cleanplate.server.refusals import Refused
from cleanplate.server.schema import masks as mask_schema
from cleanplate.server.schema import projects as schema

if TYPE_CHECKING:
    from cleanplate.server.services import Services

RANGE = 64
"""Frames whose masks are told in one answer."""


def summary(serving: Services, id: str, folder: Path, changed: float) -> schema.ProjectSummary:
    """A project in the list; one that cannot be opened says why."""
    facts = {
        "id": id,
        "name": folder.name.removesuffix(".cleanplate"),
        "modified": datetime.fromtimestamp(changed, UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z"),
    }
    try:
        clip = serving.workspace.open(id).clip()
    except (CleanplateError, Refused, OSError) as error:
        return schema.ProjectSummary(**facts, clip=None, trouble=" ".join(str(error).split()))
    address = f"/api/v1/projects/{id}/frames/0?width=320&v={version(clip)}"
    return schema.ProjectSummary(**facts, clip=clip_facts(clip), thumbnail=address)


def project(opened: OpenProject) -> schema.Project:
    """A project as it is now."""
    now, clip, shots = opened.now(), opened.clip(), opened.shots()
    tracked = opened.tracked()
    chosen = {key: now.state.settings.get(key) for key in schema.Settings.model_fields}
    return schema.Project(
        id=opened.id,
        name=opened.name,
        revision=now.revision,
        clip=clip_facts(clip),
        shots=None if shots is None else [(shot.start, shot.stop) for shot in shots],
        range=opened.range,
        settings=schema.Settings(**chosen),
        objects=[
            _object(number, one, tracked.get(number, []))
            for number, one in sorted(now.state.objects.items())
        ],
        can_undo=now.undo,
        can_redo=now.redo,
    )


def clip_facts(clip: Clip) -> schema.ClipFacts:
    """A clip's facts."""
    info = clip.info
    files = info.files or (info.path,)
    duration = info.duration if info.duration is not None else clip.frames / info.rate
    return schema.ClipFacts(
        name=info.path.name,
        width=info.width,
        height=info.height,
        frames=clip.frames,
        rate=round(float(info.rate), 4),
        exact_rate=str(info.rate),
        variable_rate=info.variable_rate,
        duration=round(float(duration), 4),
        has_audio=bool(info.audio),
        has_alpha=info.has_alpha,
        codec=info.codec,
        bit_depth=info.bit_depth,
        hdr=info.colour.hdr,
        bytes=sum(path.stat().st_size for path in files),
        warnings=list(info.warnings),
        version=version(clip),
    )


def version(clip: Clip) -> str:
    """What tells a clip's content from any other's, in an address."""
    return clip.fingerprint[:12]


def _object(number: int, one: ObjectState, tracked: list[tuple[int, int]]) -> schema.Object:
    edge = asdict(one.edge)
    return schema.Object(
        id=number,
        name=one.name or f"Object {number}",
        colour=one.colour,
        action=one.action,
        visible=one.visible,
        locked=one.locked,
        edge=schema.Edge(**{name: edge[name] for name in schema.Edge.model_fields}),
        keys=[
            schema.Key(frame=frame, prompts=_prompts(key.prompts))
            for frame, key in sorted(one.keys.items())
        ],
        tracked=tracked,
    )


def _prompts(said: Prompts | None) -> schema.Prompts | None:
    if said is None:
        return None
    return schema.Prompts(
        points=[
            schema.Point(x=x, y=y, on=on)
            for (x, y), on in zip(said.points, said.labels, strict=True)
        ],
        box=said.box,
        strokes=[schema.Stroke(points=list(one.points), on=one.on) for one in said.strokes],
    )


def frame_masks(opened: OpenProject, frame: int, edges: bool) -> mask_schema.FrameMasks:
    """The masks of a frame that are known."""
    opened.check_frame(frame)
    known = opened.stage().known(frame)
    return mask_schema.FrameMasks(
        frame=frame, revision=opened.now().revision, objects=masks_to_json(known, edges)
    )


def mask_range(opened: OpenProject, first: int, end: int, edges: bool) -> mask_schema.MaskRange:
    """The masks of some frames that are known."""
    if end - first > RANGE:
        raise Refused(422, f"That is more than {RANGE} frames.", "Ask for fewer.", field="end")
    span, stage = opened.check_span(first, end), opened.stage()
    found = {str(frame): masks_to_json(stage.known(frame), edges) for frame in span}
    return mask_schema.MaskRange(
        revision=opened.now().revision,
        frames={frame: masks for frame, masks in found.items() if masks},
    )


def mask_picture(opened: OpenProject, masks: mask_schema.FrameMasks) -> bytes:
    """Masks as a PNG of object numbers, 0 where there is none; the last object is on top."""
    width, height = opened.size
    picture = np.zeros((height, width), np.uint8)
    for number, one in masks.objects.items():
        picture[decode(one.mask.model_dump())] = min(int(number), 255)
    return png(picture)


def shaped(opened: OpenProject, number: int, wanted: mask_schema.TryEdge) -> mask_schema.Shaped:
    """An object's mask on a frame with other edge settings."""
    opened.object(number)
    opened.check_frame(wanted.frame)
    one = opened.stage().known(wanted.frame).get(number)
    if one is None:
        return mask_schema.Shaped(mask=None)
    chosen = wanted.edge.model_dump(exclude_none=True)
    return mask_schema.Shaped(mask=encode(bare(one, replace(one.edge, **chosen)).mask))


def confidence(opened: OpenProject, number: int) -> mask_schema.Confidence:
    """How sure the tracker is of an object, frame by frame."""
    opened.object(number)
    scores = opened.stage().scores(number)
    told = [None if np.isnan(one) else round(float(one), 3) for one in scores]
    told += [None] * (opened.clip().frames - len(told))
    weakest = int(np.nanargmin(scores)) if np.isfinite(scores).any() else None
    return mask_schema.Confidence(object=number, scores=told, weakest=weakest)
