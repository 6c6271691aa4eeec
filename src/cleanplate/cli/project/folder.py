"""A project as a folder: making it, saying what it holds, tidying it, finding its clip again."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.options import InpaintOption, JsonOption, MaskOption, ProjectArgument
from cleanplate.cli.pointing import pointing
from cleanplate.cli.project.history import describe
from cleanplate.cli.project.objects import point_at
from cleanplate.cli.project.settings import (
    FeatherOption,
    GrowOption,
    QualityOption,
    TrackingOption,
    change_settings,
    network_named,
)

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers


@pointing
def new(
    *,
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
    pointers: Pointers,
    grow: GrowOption = None,
    feather: FeatherOption = None,
    quality: QualityOption = None,
    tracking: TrackingOption = None,
    inpaint: InpaintOption = None,
) -> None:
    """Make a project for a clip; say at once what is to be removed, or later."""
    if mask is not None and pointers:
        raise typer.BadParameter("give either ready-made masks, with --mask, or point at things")
    from cleanplate.engine.projects import new_project

    project = new_project(clip, output, mask)
    change_settings(
        project,
        grow=grow,
        feather=feather,
        quality=quality and quality.value,
        tracking=tracking and tracking.value,
        completer=None if inpaint is None else network_named(inpaint),
    )
    if pointers:
        try:
            point_at(project, pointers)
        except BaseException:
            project.delete()  # nothing of value is in it: what was meant was not understood
            raise


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


def find_clip(
    project: ProjectArgument,
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="Where the clip is now.")],
) -> None:
    """Say where a project's clip is now."""
    from cleanplate.project import Project

    Project.open(project).find_clip(clip)


def _print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json_text.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items()) or "as they come"
        print(f"{name:<12} {'-' if value is None else value}")
