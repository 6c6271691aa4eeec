"""Pointing at things: from a request to the network's answer, and into the project."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.project import Prompts, SetObject, Stroke
from cleanplate.segment.kinds import ANYTHING
from cleanplate.segment.rle import encode
from cleanplate.server import machine
from cleanplate.server.mask_shapes import bare, mask_of
from cleanplate.server.opened import FirstKey, OpenProject
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.base import RLE
from cleanplate.server.schema.masks import Alternative, Answer, Ask, Candidates, Find, Found

if TYPE_CHECKING:
    from cleanplate.server.services import Services

_REMEMBERED = 64


class Bases:
    """The masks that corrections started from, by project, object and frame.

    Someone who corrects a tracked mask with a second click means it together with the first, and
    on top of the mask that was there before both.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, int], dict[str, Any]] = OrderedDict()

    def of(self, project: OpenProject, number: int, frame: int, ask: Ask) -> dict[str, Any] | None:
        """The mask that is corrected, as run lengths; None where there is none."""
        place = (project.id, number, frame)
        key = project.now().state.objects[number].keys.get(frame)
        corrected = key is not None and key.prompts is not None
        if corrected and (place in self._kept or _shows_it(ask)):
            return self._kept.get(place)
        known = project.stage().known(frame).get(number)
        mask = None if known is None or known.empty else bare(known).mask
        if mask is None or not mask.any():
            self._kept.pop(place, None)
            return None
        self._kept[place] = encode(mask)
        self._kept.move_to_end(place)
        while len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        return self._kept[place]


def _shows_it(ask: Ask) -> bool:
    """Whether it says what the object is, and not only what it isn't."""
    return (
        ask.box is not None
        or any(point.on for point in ask.points)
        or any(stroke.on for stroke in ask.strokes)
    )


def embed(serving: Services, project: OpenProject, frame: int) -> None:
    """Have the network look at a frame, without waiting for it."""
    project.check_frame(frame)
    machine.require("point")
    serving.pointer.tell("embed", project=str(project.folder), frame=frame)


def prompt(
    serving: Services, project: OpenProject, number: int | None, ask: Ask, expected: int | None
) -> Answer:
    """The mask of what was pointed at, kept as a key frame if it is to be."""
    if number is not None:
        project.object(number)
    project.check_frame(ask.frame)
    _check_inside(project, ask)
    machine.require("point")
    said = as_prompts(ask)
    base = None if number is None else serving.bases.of(project, number, ask.frame, ask)
    first, *others = _ask(
        serving,
        "mask",
        project=str(project.folder),
        frame=ask.frame,
        prompts=said.model_dump(mode="json"),
        previous=base,
        alternatives=ask.alternatives,
    )
    revision = project.now().revision
    if ask.commit:
        mask = mask_of(RLE(**first["mask"]), project.size)
        if number is None:
            number, revision = project.add_object(
                SetObject(object=1), expected, FirstKey(ask.frame, mask, said)
            )
        else:
            revision = project.set_key(number, ask.frame, mask, said, expected)
    return Answer(
        object=number,
        mask=first["mask"],
        score=first["score"],
        alternatives=[Alternative(**one) for one in others],
        revision=revision,
    )


def _ask(serving: Services, do: str, **facts: Any) -> Any:
    """The answer of the process that holds the network. What is made in advance waits for it, and
    so do jobs: somebody looks at the screen until it comes."""
    with serving.frames.readers.urgent(), serving.jobs.held() as held:
        return serving.pointer.ask(do, held=held, **facts)


def as_prompts(ask: Ask) -> Prompts:
    """A request's points in a project's words."""
    return Prompts(
        points=[(point.x, point.y) for point in ask.points],
        labels=[point.on for point in ask.points],
        box=ask.box,
        strokes=[Stroke(points=stroke.points, on=stroke.on) for stroke in ask.strokes],
    )


def _check_inside(project: OpenProject, ask: Ask) -> None:
    width, height = project.size
    corners = [] if ask.box is None else [ask.box[:2], ask.box[2:]]
    places = [(point.x, point.y) for point in ask.points] + corners
    places += [place for stroke in ask.strokes for place in stroke.points]
    at = np.array(places)
    if (at > [width, height]).any():
        raise Refused(422, f"A point lies outside the frame of {width}x{height}.", field="points")


def find(serving: Services, project: OpenProject, wanted: Find) -> Candidates:
    """What is on a frame, by name."""
    from cleanplate.segment.custom import understand

    project.check_frame(wanted.frame)
    words = understand(wanted.kinds)
    kinds = set(words.kinds)
    machine.require(*(["anything"] if ANYTHING in kinds else []))
    if kinds - {ANYTHING}:
        machine.require("find")
    if kinds - {ANYTHING} or words.boxed:
        machine.require("point")
    named = sorted(set(wanted.kinds))
    found = _ask(serving, "find", project=str(project.folder), frame=wanted.frame, kinds=named)
    return Candidates(frame=wanted.frame, found=[Found(**one) for one in found])
