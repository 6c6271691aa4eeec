"""``/projects/{project}/objects``: what is to go, to stay, or to be cut out."""

from __future__ import annotations

from fastapi import APIRouter

from cleanplate.project import SetObject
from cleanplate.server import views
from cleanplate.server.mask_shapes import mask_of
from cleanplate.server.opened import FirstKey
from cleanplate.server.routes.common import USUAL, Expected, FramePath, ObjectPath
from cleanplate.server.routes.common import TheProject as The
from cleanplate.server.schema.masks import Painted
from cleanplate.server.schema.projects import (
    FromCandidate,
    Merge,
    NewObject,
    ObjectChange,
    Project,
)

router = APIRouter(prefix="/projects/{project}/objects", tags=["objects"], responses=USUAL)


@router.post("", status_code=201)
def add_object(project: The, wanted: NewObject, expected: Expected) -> Project:
    """Add an object, which has no mask yet. It is the last of the project's objects."""
    project.add_object(
        SetObject(object=1, name=wanted.name, colour=wanted.colour, action=wanted.action), expected
    )
    return views.project(project)


@router.post("/from-candidate", status_code=201)
def add_candidate(project: The, wanted: FromCandidate, expected: Expected) -> Project:
    """Add an object whose first key frame is something that `find` found."""
    named = SetObject(
        object=1,
        name=wanted.name or (wanted.label or "").capitalize() or None,
        colour=wanted.colour,
        action=wanted.action,
    )
    mask = mask_of(wanted.mask, project.size)
    project.add_object(named, expected, FirstKey(wanted.frame, mask))
    return views.project(project)


@router.patch("/{number}")
def change_object(
    project: The, number: ObjectPath, change: ObjectChange, expected: Expected
) -> Project:
    """Change an object's name, colour, action, edge; show, hide, lock it. One step of undo."""
    chosen = change.model_dump(exclude={"edge"}, exclude_none=True)
    if change.edge is not None:
        chosen |= change.edge.model_dump(exclude_none=True)
    if not chosen:
        project.object(number)
    else:
        project.change_object(SetObject(object=number, **chosen), expected)
    return views.project(project)


@router.delete("/{number}")
def remove_object(project: The, number: ObjectPath, expected: Expected) -> Project:
    """Remove an object from the project."""
    project.remove_object(number, expected)
    return views.project(project)


@router.post("/{number}/merge")
def merge_object(project: The, number: ObjectPath, merge: Merge, expected: Expected) -> Project:
    """Make an object a part of another."""
    project.merge(number, merge.into, expected)
    return views.project(project)


@router.put("/{number}/keys/{frame}")
def paint_key(
    project: The,
    number: ObjectPath,
    frame: FramePath,
    painted: Painted,
    expected: Expected,
) -> Project:
    """Set an object's mask on a frame, as it was painted: a key frame."""
    project.set_key(number, frame, mask_of(painted.mask, project.size), None, expected)
    return views.project(project)


@router.delete("/{number}/keys/{frame}")
def remove_key(project: The, number: ObjectPath, frame: FramePath, expected: Expected) -> Project:
    """Take a key frame away."""
    project.remove_key(number, frame, expected)
    return views.project(project)
