"""Pointing at things on a frame, and finding them by name."""

from __future__ import annotations

from fastapi import APIRouter, Response

from cleanplate.server import asking
from cleanplate.server.routes.common import USUAL, Expected, ObjectPath, Serving, TheProject
from cleanplate.server.schema.base import failures
from cleanplate.server.schema.masks import Answer, Ask, Candidates, Embed, Find

router = APIRouter(prefix="/projects/{project}", tags=["pointing"], responses=USUAL | failures(503))


@router.post("/embed", status_code=204)
def embed(project: TheProject, wanted: Embed, serving: Serving) -> Response:
    """Have a frame looked at in advance. Answers at once; the latest frame goes first."""
    asking.embed(serving, project, wanted.frame)
    return Response(status_code=204)


@router.post("/objects/{number}/prompt")
def prompt(
    project: TheProject, number: ObjectPath, ask: Ask, serving: Serving, expected: Expected
) -> Answer:
    """The mask of what was pointed at: within 0.4 s on a frame that has been looked at."""
    return asking.prompt(serving, project, number, ask, expected)


@router.post("/prompt")
def prompt_anew(project: TheProject, ask: Ask, serving: Serving, expected: Expected) -> Answer:
    """The same for no object yet: with `commit` a new object is made of the answer, in one step
    of undo."""
    return asking.prompt(serving, project, None, ask, expected)


@router.post("/find")
def find(project: TheProject, wanted: Find, serving: Serving) -> Candidates:
    """Look for things by name on one frame; takes a second or two."""
    return asking.find(serving, project, wanted)
