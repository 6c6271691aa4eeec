"""``cleanplate project``: keep what was said of a clip, and take it back."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.erase import Quality

if TYPE_CHECKING:
    from cleanplate.project import Edit, Project

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keep what you say of a clip in a folder, with undo.",
)

ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", show_default=False, help="A .cleanplate folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


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
    mask: Annotated[
        Path | None,
        typer.Option(
            "--mask",
            "-m",
            help="What to remove, in white: a folder of PNGs, a matte video, or one PNG for all "
            "frames. Copied into the project.",
        ),
    ] = None,
    grow: Annotated[
        float | None, typer.Option(min=0, help="Grow the masks by so many pixels.")
    ] = None,
    feather: Annotated[
        float | None, typer.Option(min=0, help="Blend over so many pixels inside the grown rim.")
    ] = None,
    quality: Annotated[Quality | None, typer.Option(help="The care taken in filling.")] = None,
) -> None:
    """Make a project for a clip."""
    from cleanplate.engine.projects import new_project

    project = new_project(clip, output, mask)
    _change_settings(project, grow, feather, quality)


@app.command("set")
def set_(
    project: ProjectArgument,
    grow: Annotated[
        float | None, typer.Option(min=0, help="Grow the masks by so many pixels.")
    ] = None,
    feather: Annotated[
        float | None, typer.Option(min=0, help="Blend over so many pixels inside the grown rim.")
    ] = None,
    quality: Annotated[Quality | None, typer.Option(help="The care taken in filling.")] = None,
) -> None:
    """Change a project's settings."""
    from cleanplate.project import Project

    if grow is feather is quality is None:
        raise typer.BadParameter("say what to set: --grow, --feather or --quality")
    _change_settings(Project.open(project), grow, feather, quality)


@app.command()
def info(project: ProjectArgument, json: AsJson = False) -> None:
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
def objects(project: ProjectArgument, json: AsJson = False) -> None:
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
    return " ".join([edit.kind, *(f"{name} {value}" for name, value in facts.items())])


def _change_settings(
    project: Project, grow: float | None, feather: float | None, quality: Quality | None
) -> None:
    from cleanplate.project import SetSettings

    if not (grow is feather is quality is None):
        level: Any = None if quality is None else quality.value
        project.edit(SetSettings(grow=grow, feather=feather, quality=level))


def _print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json_text.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items()) or "as they come"
        print(f"{name:<12} {'-' if value is None else value}")
