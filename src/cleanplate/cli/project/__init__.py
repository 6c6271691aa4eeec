"""``cleanplate project``: keep what was said of a clip, and take it back."""

from __future__ import annotations

import typer

from cleanplate.cli.project import folder, history, objects, settings

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keep what you say of a clip in a folder, with undo.",
)

for _name, _command in {
    "new": folder.new,
    "point": objects.point_,
    "track": objects.track,
    "shadow": objects.shadow,
    "set": settings.set_,
    "object": objects.object_,
    "info": folder.info,
    "objects": objects.objects,
    "undo": history.undo,
    "redo": history.redo,
    "clean": folder.clean,
    "find-clip": folder.find_clip,
}.items():
    app.command(_name)(_command)
