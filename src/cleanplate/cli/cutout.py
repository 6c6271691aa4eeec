"""``cleanplate cutout``: a clip in, its subject without its surroundings out."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.memory import hold_on_to_frames
from cleanplate.cli.options import (
    ChokeOption,
    ClipArgument,
    ClipOption,
    CrfOption,
    DespeckleOption,
    EventsOption,
    FeatherOption,
    FramesOption,
    GammaOption,
    GarbageOption,
    HoldOutOption,
    MaskOption,
    OverwriteOption,
    Quality,
    parse_frames,
    parse_garbage,
    the_clip,
)
from cleanplate.cli.pointing import pointing
from cleanplate.cli.progress import shown

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """
Examples:

  cleanplate cutout clip.mp4 -o out.mov

  cleanplate cutout clip.mp4 -o out.webm --subject person

  cleanplate cutout clip.mp4 -o out.mp4 --background beach.jpg --wrap 0.3

  cleanplate cutout clip.mp4 -o out.mp4 --background blur:20 --box 0:120,40,200,300

  cleanplate cutout clip.mp4 -o matte.mp4 --only matte --point 0:240,130

  cleanplate cutout clip.mp4 -o empty.mp4 --background plate --find person
"""


class Only(StrEnum):
    """One half of a cutout."""

    matte = "matte"
    foreground = "foreground"


class Method(StrEnum):
    """How the matte is made."""

    careful = "careful"
    people = "people"
    people_light = "people-light"
    key = "key"


class Fit(StrEnum):
    """How a background is laid into the frame."""

    cover = "cover"
    contain = "contain"
    stretch = "stretch"


class End(StrEnum):
    """What follows a background video's last frame."""

    loop = "loop"
    hold = "hold"


class Shadow(StrEnum):
    """The subject's shadow."""

    none = "none"
    keep = "keep"
    soft = "soft"


@app.command(epilog=_EXAMPLES)
@pointing
def cutout(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            show_default=False,
            help="The result: .mov, .webm, .mkv, .webp or out/%05d.png keep transparency; with a "
            "background, any video.",
        ),
    ],
    clip: ClipArgument = None,
    input_: ClipOption = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            show_default="what stands out most",
            help="What to cut out: main, person, dog, car... Every instance of it.",
        ),
    ] = None,
    mask: MaskOption = None,
    pointers: Pointers,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            show_default="transparent",
            help="What to lay it over: #rrggbb, blur:N, a picture, a video; or plate, for the "
            "background alone, filled in where the subject was.",
        ),
    ] = None,
    fit: Annotated[Fit, typer.Option(help="How a background fills the frame.")] = Fit.cover,
    end: Annotated[
        End, typer.Option("--at-end", help="What follows a background video's last frame.")
    ] = End.loop,
    only: Annotated[
        Only | None,
        typer.Option(show_default=False, help="Write the matte, or the foreground colours, alone."),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="careful: anything; people: a network for people (GPL-3.0, fetched when first "
            "used); people-light: a much smaller one; key: a green or blue screen."
        ),
    ] = Method.careful,
    network: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Make the matte with this network of your own (cleanplate models add).",
        ),
    ] = None,
    screen: Annotated[
        str | None,
        typer.Option(
            metavar="COLOUR",
            show_default="found",
            help="The screen's colour for --method key: green, blue or #rrggbb.",
        ),
    ] = None,
    choke: ChokeOption = 0,
    feather: FeatherOption = 0,
    gamma: GammaOption = 1,
    despeckle: DespeckleOption = 0,
    hold_out: HoldOutOption = None,
    garbage: GarbageOption = None,
    wrap: Annotated[
        float,
        typer.Option(min=0, max=1, help="How much of the background's light wraps the edge."),
    ] = 0,
    shadow: Annotated[
        Shadow, typer.Option(help="Keep the subject's own shadow, or lay a soft one at its foot.")
    ] = Shadow.none,
    grain: Annotated[
        bool, typer.Option("--grain/--no-grain", help="Give the background the clip's grain.")
    ] = True,
    behind: Annotated[
        bool | None,
        typer.Option(
            "--behind/--not-behind",
            show_default="with --quality best",
            help="Fill in what is behind the subject first, and hold its edge against that.",
        ),
    ] = None,
    frames: FramesOption = None,
    quality: Annotated[
        Quality, typer.Option(help="The care taken in matting and in encoding.")
    ] = Quality.good,
    crf: CrfOption = None,
    codec: Annotated[
        str | None,
        typer.Option(
            show_default="by the output's ending",
            help="prores4444, vp9, ffv1, png, tiff, webp; opaque: h264, h265, av1, prores.",
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Also write what was done, as JSON.")
    ] = None,
    overwrite: OverwriteOption = False,
    json: EventsOption = False,
) -> None:
    """Cut out the subject, with soft edges and its true colours; lay it over something new."""
    source = the_clip(clip, input_)
    chosen = parse_frames(frames)
    ways = [mask is not None, bool(pointers), subject is not None]
    if sum(ways) > 1:
        raise typer.BadParameter(
            "say what to cut out in one way: --subject, --mask, or --find, --box, --point, --keymask"
        )
    hold_on_to_frames()
    from cleanplate.engine.cutout import CutoutSettings
    from cleanplate.engine.cutting import cut_out
    from cleanplate.engine.held import Held
    from cleanplate.engine.run import OutputSettings
    from cleanplate.matte.controls import MatteControls

    settings = CutoutSettings(
        mask=mask,
        method=network or method.value,
        screen=screen,
        background=background,
        fit=fit.value,
        end=end.value,
        only=None if only is None else only.value,
        controls=MatteControls(despeckle, choke, feather, gamma),
        held=Held(hold_out, parse_garbage(garbage)),
        wrap=wrap,
        shadow=shadow.value,
        grain=grain,
        behind=behind,
        frames=chosen,
        output=OutputSettings(quality.value, crf, codec, None, report, overwrite),
    )
    with fetching() as watch, shown(json) as show:
        done = cut_out(
            source, output, settings, pointers, subject=subject, progress=show, watch=watch
        )
    if not json and sys.stdout.isatty():
        print(f"{output}: {len(done.frames)} frames in {done.seconds:.1f} s")
