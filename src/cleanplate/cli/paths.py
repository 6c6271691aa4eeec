"""What several commands read from the command line: the clip, a range of frames."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

ClipArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="CLIP", show_default=False, help="A video, a GIF, or a folder of frames."
    ),
]
ClipOption = Annotated[
    Path | None,
    typer.Option("-i", "--input", metavar="CLIP", help="The clip, if not given by its place."),
]


def the_clip(argument: Path | None, option: Path | None) -> Path:
    """The one clip that was named, by its place or with -i; a usage error otherwise."""
    if argument is not None and option is not None:
        raise typer.BadParameter("the clip is given twice: by its place and with -i")
    clip = argument if argument is not None else option
    if clip is None:
        raise typer.BadParameter("name the clip: a video, a GIF, or a folder of frames")
    return clip


def parse_frames(text: str | None) -> slice | None:
    """``a:b`` (first frame, last frame + 1; either may be left out) as a slice."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d*)\s*:\s*(\d*)\s*", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is not a range of frames: write first:last+1, for example 20:90, 20: or :90",
            param_hint="--frames",
        )
    first, end = (int(part) if part else None for part in match.groups())
    if end is not None and end <= (first or 0):
        raise typer.BadParameter(
            f"{text!r} holds no frame: the end comes first", param_hint="--frames"
        )
    return slice(first, end)
