"""``cleanplate erase``: a clip and what to remove in, the clip without it out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.options import (
    ClipArgument,
    ClipOption,
    CrfOption,
    EventsOption,
    FramesOption,
    InpaintOption,
    MaskOption,
    OverwriteOption,
    ProvenanceOption,
    Quality,
    ReportOption,
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

  cleanplate erase clip.mp4 -o clean.mp4 --mask masks/

  cleanplate erase clip.mp4 -o clean.mov --mask m.png --grow 6 --feather 3 --frames 20:90

  cleanplate erase frames/ -o out/%05d.png --mask masks/

  cleanplate erase clip.mp4 -o clean.mp4 --find person

  cleanplate erase clip.mp4 -o clean.mp4 --point 0:240,130 --not-point 0:300,90
"""


@app.command(epilog=_EXAMPLES)
@pointing
def erase(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            show_default=False,
            help="The result: a video, or frames such as out/%05d.png.",
        ),
    ],
    clip: ClipArgument = None,
    input_: ClipOption = None,
    mask: MaskOption = None,
    pointers: Pointers,
    grow: Annotated[
        float | None,
        pixels(
            "Grow the mask by so many pixels before filling.",
            show_default="the feather; at least 4 for what is pointed at",
        ),
    ] = None,
    feather: Annotated[
        float,
        pixels("Blend the fill into the picture over so many pixels, inside the grown rim."),
    ] = 0,
    with_shadow: Annotated[
        bool,
        typer.Option("--with-shadow", help="Remove the shadow and reflection that move along."),
    ] = False,
    inpaint: InpaintOption = None,
    frames: FramesOption = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="Only see how it will be: the chosen frames (default: a few from the middle), half "
            "the size, as a silent video, or a picture for one frame.",
        ),
    ] = False,
    quality: Annotated[
        Quality, typer.Option(help="The care taken in filling and in encoding.")
    ] = Quality.good,
    crf: CrfOption = None,
    codec: Annotated[
        str | None,
        typer.Option(
            show_default="the clip's own kind",
            help="h264, h265, av1, prores, vp9, ffv1, webp, png, tiff, jpeg or gif.",
        ),
    ] = None,
    provenance: ProvenanceOption = None,
    report: ReportOption = None,
    overwrite: OverwriteOption = False,
    json: EventsOption = False,
) -> None:
    """Remove what a mask marks or what is pointed at; fill in what was behind it."""
    source = the_clip(clip, input_)
    chosen = parse_frames(frames)
    if (mask is None) == (not pointers):
        raise typer.BadParameter(
            "say what to remove, in one way: --mask, or else --find, --box, --point or --keymask"
        )
    from cleanplate.engine.erase import EraseSettings, erase_clip
    from cleanplate.engine.pointed import MARGIN, masks_for
    from cleanplate.engine.run import OutputSettings

    if pointers:
        grow = max(MARGIN, feather) if grow is None else grow
        _refuse_existing(overwrite, output, provenance, report)
    written = OutputSettings(quality.value, crf, codec, provenance, report, overwrite)
    wanted = EraseSettings(mask or source, grow, feather, with_shadow, inpaint, chosen, written)
    if preview:
        from cleanplate.engine.erase_preview import preview_erase

        wanted = replace(wanted, output=OutputSettings(overwrite=overwrite))
        with fetching() as watch, shown(json) as show:
            preview_erase(source, output, wanted, pointers, progress=show, watch=watch)
        return
    with (
        fetching() as watch,
        shown(json) as show,
        masks_for(
            source,
            mask,
            pointers,
            frames=chosen,
            quality=quality.value,
            progress=show,
            watch=watch,
        ) as masks,
    ):
        wanted = replace(wanted, mask=masks.path, origin=masks.origin)
        done = erase_clip(source, output, wanted, show)
    if not json and sys.stdout.isatty():
        print(
            f"{output}: {len(done.frames)} frames in {done.seconds:.1f} s; of what was removed, "
            f"{done.recovered:.0%} was recovered from other frames, {done.synthesised:.0%} "
            "synthesised"
        )


def _refuse_existing(overwrite: bool, *outputs: Path | None) -> None:
    """Say before the tracking, not after it, that a file is in the way."""
    from cleanplate.errors import UsageError

    for path in filter(None, outputs):
        if path.exists() and not path.is_dir() and not overwrite:
            raise UsageError(f"{path} exists already; give another name, or --overwrite")
