"""The objects of a project: pointing at them, tracking them, changing them."""

from __future__ import annotations

import json as json_text
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.mask import describe as describe_tracked
from cleanplate.cli.options import EventsOption, JsonOption, ProjectArgument, pixels
from cleanplate.cli.pointing import pointing
from cleanplate.cli.progress import shown

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers
    from cleanplate.project import Project


class Action(StrEnum):
    """What is done with an object."""

    erase = "erase"
    keep = "keep"
    cutout = "cutout"
    hold = "hold"
    garbage = "garbage"


@pointing
def point_(
    *,
    project: ProjectArgument,
    pointers: Pointers,
) -> None:
    """Point at something, or correct what is there: OBJECT@FRAME:X,Y names the project's object."""
    from cleanplate.project import Project

    if not pointers:
        raise typer.BadParameter("say where: --find, --box, --point, --not-point or --keymask")
    point_at(Project.open(project), pointers)


def track(
    project: ProjectArgument,
    json: EventsOption = False,
) -> None:
    """Find every object on every frame now, and say where to look whether it went well."""
    from cleanplate.engine.tracking import MaskStage
    from cleanplate.project import Project

    doubtful = []
    with fetching() as watch, shown(json) as show:
        stage = MaskStage(Project.open(project), watch=watch)
        for frame, known in stage.compute(None, show):
            if any(one.doubtful for one in known.values()):
                doubtful.append(frame)
    if json:
        print(json_text.dumps({"event": "done", "details": {"doubtful": doubtful}}))
        return
    print(
        describe_tracked({n: one.name for n, one in sorted(stage.state.objects.items())}, doubtful)
    )


def shadow(
    project: ProjectArgument,
    number: Annotated[int, typer.Argument(metavar="OBJECT", min=1, help="The object's number.")],
    json: EventsOption = False,
) -> None:
    """Find the shadow and the reflection that move with an object, as an object of their own."""
    from cleanplate.engine.project_shadow import mark_shadow
    from cleanplate.engine.tracking import MaskStage
    from cleanplate.project import Project

    opened = Project.open(project)
    with fetching() as watch, shown(json) as show:
        found = mark_shadow(opened, number, MaskStage(opened, watch=watch), show)
    if json:
        print(json_text.dumps({"event": "done", "details": {"object": found}}))
        return
    print(f"{found:>3}  {opened.state().objects[found].name}")


def object_(
    project: ProjectArgument,
    number: Annotated[int, typer.Argument(metavar="OBJECT", min=1, help="The object's number.")],
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    action: Annotated[
        Action | None,
        typer.Option(
            help="What to do with it; hold and garbage are always in the matte of what is cut out, "
            "and never."
        ),
    ] = None,
    colour: Annotated[str | None, typer.Option(metavar="#RRGGBB", help="How to show it.")] = None,
    smooth: Annotated[
        float | None, typer.Option(min=0, max=2, help="Steady its masks in time.")
    ] = None,
    fill_holes: Annotated[
        int | None, typer.Option(min=0, metavar="AREA", help="Fill gaps up to so many pixels.")
    ] = None,
    drop_specks: Annotated[
        int | None, typer.Option(min=0, metavar="AREA", help="Drop islands below so many pixels.")
    ] = None,
    shrink: Annotated[float | None, pixels("Move its edge in, in pixels.")] = None,
    grow: Annotated[float | None, pixels("Move its edge out, in pixels.")] = None,
    feather: Annotated[float | None, pixels("Soften its edge by so many pixels.")] = None,
    into: Annotated[
        int | None, typer.Option(min=1, metavar="OBJECT", help="Make it part of another object.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the object.")] = False,
) -> None:
    """Change one of a project's objects."""
    from cleanplate.engine.tracking import MaskStage, merge_objects
    from cleanplate.errors import UsageError
    from cleanplate.project import Project, RemoveObject, SetObject

    opened = Project.open(project)
    known = opened.state().objects
    for one in (number, number if into is None else into):
        if one not in known:
            raise UsageError(f"{project} has no object {one}; see cleanplate project objects")
    if remove:
        opened.edit(RemoveObject(object=number))
        return
    if into is not None:
        opened.edit(merge_objects(MaskStage(opened), number, into))
        return
    try:
        edit = SetObject(
            object=number,
            name=name,
            action=None if action is None else action.value,
            colour=colour,
            smooth=smooth,
            holes=fill_holes,
            specks=drop_specks,
            shrink=shrink,
            grow=grow,
            feather=feather,
        )
    except ValueError as error:
        raise typer.BadParameter("a colour is written #rrggbb", param_hint="--colour") from error
    opened.edit(edit)


def objects(project: ProjectArgument, json: JsonOption = False) -> None:
    """List a project's objects."""
    from cleanplate.project import Project

    state = Project.open(project).state()
    found = [
        {
            "object": number,
            "name": one.name,
            "colour": one.colour,
            "action": one.action,
            "visible": one.visible,
            "locked": one.locked,
            "edge": {name: value for name, value in vars(one.edge).items() if value},
            "keys": sorted(one.keys),
            "masks": len({name for run in one.runs for name in run.pictures}),
        }
        for number, one in sorted(state.objects.items())
    ]
    if json:
        print(json_text.dumps(found, indent=1))
        return
    for one in found:
        print(f"{one['object']:>3}  {one['name'] or '(no name)':<20} {_told(one)}")


def _told(one: dict[str, Any]) -> str:
    """What `objects` says of one, in a line."""
    parts = [one["action"], one["colour"]]
    if one["keys"]:
        numbers = ", ".join(map(str, one["keys"][:8])) + (", ..." if len(one["keys"]) > 8 else "")
        parts.append(f"keys on {numbers}")
    if one["masks"]:
        parts.append(f"{one['masks']} masks")
    parts += [f"{name} {value:g}" for name, value in one["edge"].items()]
    parts += ["hidden"] * (not one["visible"]) + ["locked"] * one["locked"]
    return "  ".join(parts)


def point_at(project: Project, pointers: Pointers) -> None:
    from cleanplate.engine.marking import mark_project
    from cleanplate.engine.tracking import MaskStage

    with fetching() as watch:
        names = mark_project(project, pointers, MaskStage(project), watch=watch)
    for number, name in sorted(names.items()):
        print(f"{number:>3}  {name}")
