"""``cleanplate mask``: point at something once, get its mask on every frame."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.options import (
    ClipArgument,
    ClipOption,
    EventsOption,
    FramesOption,
    OverwriteOption,
    TrackingQuality,
    parse_frames,
    pixels,
    the_clip,
)
from cleanplate.cli.pointing import pointing
from cleanplate.cli.progress import shown

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """
Examples:

  cleanplate mask clip.mp4 -o masks/ --find person,car

  cleanplate mask clip.mp4 -o matte.mp4 --box 0:120,40,200,300

  cleanplate mask clip.mp4 -o masks/ --point 0:240,130 --not-point 0:300,90

  cleanplate mask clip.mp4 -o masks.json --keymask 0:first.png --keymask 42:fixed.png
"""


@app.command(epilog=_EXAMPLES)
@pointing
def mask(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            show_default=False,
            help="A folder for PNGs, a .json for COCO run lengths, or a matte video.",
        ),
    ],
    clip: ClipArgument = None,
    input_: ClipOption = None,
    pointers: Pointers,
    frames: FramesOption = None,
    quality: Annotated[
        TrackingQuality, typer.Option(help="How much time to spend on a frame.")
    ] = TrackingQuality.good,
    palette: Annotated[
        bool | None,
        typer.Option(
            "--palette/--grey",
            show_default="palette for several objects",
            help="PNGs of object ids with DAVIS's palette, or white for all of them.",
        ),
    ] = None,
    smooth: Annotated[
        float, typer.Option(min=0, max=2, help="Steady the masks in time, along the motion.")
    ] = 0,
    fill_holes: Annotated[
        int, typer.Option(min=0, metavar="AREA", help="Fill gaps up to so many pixels.")
    ] = 0,
    drop_specks: Annotated[
        int, typer.Option(min=0, metavar="AREA", help="Drop islands below so many pixels.")
    ] = 0,
    shrink: Annotated[float, pixels("Move the edge inwards, in pixels.")] = 0,
    grow: Annotated[float, pixels("Move the edge outwards, in pixels.")] = 0,
    feather: Annotated[float, pixels("Soften the edge over so many pixels, inwards.")] = 0,
    report: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="Also write how sure every mask is, frame by frame."),
    ] = None,
    overwrite: OverwriteOption = False,
    json: EventsOption = False,
) -> None:
    """Track what was pointed at, and write its mask on every frame."""
    source = the_clip(clip, input_)
    chosen = parse_frames(frames)
    from cleanplate.engine.masking import EdgeSettings, mask_clip

    with fetching() as watch, shown(json) as show:
        done = mask_clip(
            source,
            output,
            pointers,
            frames=chosen,
            quality=quality.value,
            edge=EdgeSettings(smooth, fill_holes, drop_specks, shrink, grow, feather),
            palette=palette,
            report=report,
            overwrite=overwrite,
            progress=show,
            watch=watch,
        )
    if not json:
        print(describe(done.objects, done.doubtful), file=sys.stderr)


def describe(objects: dict[int, str], doubtful: list[int]) -> str:
    """What was tracked, and where to look whether it went well."""
    names = ", ".join(f"{number} {kind}" for number, kind in objects.items())
    lines = [f"tracked: {names}"]
    if doubtful:
        spans = _spans(doubtful)
        shown = ", ".join(spans[:8]) + (", ..." if len(spans) > 8 else "")
        lines.append(f"worth a look, frames {shown}; correct one with --keymask FRAME:PNG")
    return "\n".join(lines)


def _spans(numbers: list[int]) -> list[str]:
    """Neighbouring numbers as spans: 3, 7-9."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [str(a) if a == b else f"{a}-{b}" for a, b in spans]
