"""``cleanplate project``: keep what was said of a clip, and take it back."""

from __future__ import annotations

import json as json_text
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.mask import describe as describe_tracked
from cleanplate.cli.options import (
    EventsOption,
    InpaintOption,
    JsonOption,
    MaskOption,
    ProjectArgument,
    Quality,
    TrackingQuality,
)
from cleanplate.cli.pointing import (
    BoxOption,
    FindAtOption,
    FindOption,
    KeyMaskOption,
    NotPointOption,
    PointOption,
    PrompterOption,
    parse_pointers,
)
from cleanplate.cli.progress import shown

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers
    from cleanplate.project import Edit, Project


class Action(StrEnum):
    """What is done with an object."""

    erase = "erase"
    keep = "keep"
    cutout = "cutout"
    hold = "hold"
    garbage = "garbage"


app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keep what you say of a clip in a folder, with undo.",
)

GrowOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        show_default="the feather; at least 4 for what is tracked",
        help="Grow the masks by so many pixels before filling.",
    ),
]
FeatherOption = Annotated[
    float | None, typer.Option(min=0, help="Blend over so many pixels inside the grown rim.")
]
QualityOption = Annotated[Quality | None, typer.Option(help="The care taken in filling.")]
TrackingOption = Annotated[
    TrackingQuality | None, typer.Option(help="The care taken in tracking what is pointed at.")
]


@app.command()
def new(
    clip: Annotated[
        Path,
        typer.Argument(metavar="CLIP", show_default=False, help="A video or folder of frames."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PROJECT", show_default=False, help="NAME.cleanplate"
        ),
    ],
    mask: MaskOption = None,
    find: FindOption = None,
    find_at: FindAtOption = None,
    box: BoxOption = None,
    point: PointOption = None,
    not_point: NotPointOption = None,
    keymask: KeyMaskOption = None,
    prompter: PrompterOption = None,
    grow: GrowOption = None,
    feather: FeatherOption = None,
    quality: QualityOption = None,
    tracking: TrackingOption = None,
    inpaint: InpaintOption = None,
) -> None:
    """Make a project for a clip; say at once what is to be removed, or later."""
    pointers = parse_pointers(find, find_at, box, point, not_point, keymask, prompter)
    if mask is not None and pointers:
        raise typer.BadParameter("give either ready-made masks, with --mask, or point at things")
    from cleanplate.engine.projects import new_project

    project = new_project(clip, output, mask)
    _change_settings(project, grow, feather, quality, tracking, inpaint)
    if pointers:
        try:
            _point(project, pointers)
        except BaseException:
            project.delete()  # nothing of value is in it: what was meant was not understood
            raise


@app.command("point")
def point_(
    project: ProjectArgument,
    find: FindOption = None,
    find_at: FindAtOption = None,
    box: BoxOption = None,
    point: PointOption = None,
    not_point: NotPointOption = None,
    keymask: KeyMaskOption = None,
    prompter: PrompterOption = None,
) -> None:
    """Point at something, or correct what is there: OBJECT@FRAME:X,Y names the project's object."""
    from cleanplate.project import Project

    pointers = parse_pointers(find, find_at, box, point, not_point, keymask, prompter)
    if not pointers:
        raise typer.BadParameter("say where: --find, --box, --point, --not-point or --keymask")
    _point(Project.open(project), pointers)


@app.command()
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


@app.command()
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


@app.command("set")
def set_(
    project: ProjectArgument,
    grow: GrowOption = None,
    feather: FeatherOption = None,
    quality: QualityOption = None,
    tracking: TrackingOption = None,
    inpaint: InpaintOption = None,
) -> None:
    """Change a project's settings."""
    from cleanplate.project import Project

    if grow is feather is quality is tracking is inpaint is None:
        raise typer.BadParameter(
            "say what to set: --grow, --feather, --quality, --tracking or --inpaint"
        )
    _change_settings(Project.open(project), grow, feather, quality, tracking, inpaint)


@app.command("object")
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
    shrink: Annotated[
        float | None, typer.Option(min=0, help="Move its edge in, in pixels.")
    ] = None,
    grow: Annotated[float | None, typer.Option(min=0, help="Move its edge out, in pixels.")] = None,
    feather: Annotated[float | None, typer.Option(min=0, help="Soften its edge.")] = None,
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


@app.command()
def info(project: ProjectArgument, json: JsonOption = False) -> None:
    """Say what a project holds."""
    from cleanplate.project import Project

    opened = Project.open(project)
    history = opened.history()
    state = history.state()
    facts = {
        "project": str(project),
        "clip": str(opened.clip()),
        "fingerprint": opened.fingerprint,
        "settings": state.settings,
        "objects": len(state.objects),
        "edits": len(history.done),
        "can undo": describe(history.done[-1]) if history.done else None,
        "can redo": describe(history.undone[-1]) if history.undone else None,
    }
    _print_facts(facts, json)


@app.command()
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


@app.command()
def undo(project: ProjectArgument) -> None:
    """Take the last edit back."""
    from cleanplate.project import Project

    print(f"undone: {describe(Project.open(project).undo())}")


@app.command()
def redo(project: ProjectArgument) -> None:
    """Bring back what was undone last."""
    from cleanplate.project import Project

    print(f"done again: {describe(Project.open(project).redo())}")


@app.command()
def clean(project: ProjectArgument, json: JsonOption = False) -> None:
    """Delete masks that no edit names, and all that was derived from the project's clip.

    What was derived is computed again when it is needed. Undo and redo go on working.
    """
    from cleanplate.engine.disk import human
    from cleanplate.engine.store import open_store
    from cleanplate.project import Project

    opened = Project.open(project)
    freed = {"masks": opened.clean(), "derived": open_store().forget(opened.fingerprint)}
    if json:
        print(json_text.dumps(freed, indent=1))
    else:
        words = {name: human(size) if size else "nothing" for name, size in freed.items()}
        print(f"freed {words['masks']} of masks that no edit names")
        print(f"freed {words['derived']} of derived data")


@app.command("find-clip")
def find_clip(
    project: ProjectArgument,
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="Where the clip is now.")],
) -> None:
    """Say where a project's clip is now."""
    from cleanplate.project import Project

    Project.open(project).find_clip(clip)


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


def describe(edit: Edit) -> str:
    """An edit in a few words."""
    from cleanplate.project import Together

    if isinstance(edit, Together):
        return ", ".join(map(describe, edit.edits))
    long = {"kind", "runs", "keys", "prompts", "mask"}
    facts = edit.model_dump(exclude=long, exclude_none=True)
    kind = "change" if edit.kind == "object" else edit.kind
    return " ".join([kind, *(f"{name} {value}" for name, value in facts.items())])


def _change_settings(
    project: Project,
    grow: float | None,
    feather: float | None,
    quality: Quality | None,
    tracking: TrackingQuality | None,
    inpaint: str | None,
) -> None:
    from cleanplate.project import SetSettings

    levels: dict[str, Any] = {
        name: level.value
        for name, level in (("quality", quality), ("tracking", tracking))
        if level is not None
    }
    completer = None if inpaint is None else _network(inpaint)
    if levels or not (grow is feather is completer is None):
        project.edit(SetSettings(grow=grow, feather=feather, completer=completer, **levels))


def _network(name: str) -> str:
    """An inpainting network as a project names it, having made sure that it is one; "" for none."""
    if name == "none":
        return ""
    from cleanplate.engine.plate import completer

    completer(name)
    return str(Path(name).resolve()) if Path(name).is_file() else name


def _point(project: Project, pointers: Pointers) -> None:
    from cleanplate.engine.marking import mark_project
    from cleanplate.engine.tracking import MaskStage

    with fetching() as watch:
        names = mark_project(project, pointers, MaskStage(project), watch=watch)
    for number, name in sorted(names.items()):
        print(f"{number:>3}  {name}")


def _print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json_text.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items()) or "as they come"
        print(f"{name:<12} {'-' if value is None else value}")
