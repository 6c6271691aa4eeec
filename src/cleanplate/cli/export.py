"""``cleanplate export``: a project's clip, finished."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.options import (
    CrfOption,
    EventsOption,
    FramesOption,
    OverwriteOption,
    ProjectArgument,
    ProvenanceOption,
    Quality,
    ReportOption,
    parse_frames,
)
from cleanplate.cli.progress import shown

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """
Examples:

  cleanplate export a.cleanplate -o clean.mp4

  cleanplate export a.cleanplate -o subject.mov --what cutout

  cleanplate export a.cleanplate -o clean.mp4 --cluster local

  cleanplate export a.cleanplate -o s3://films/clean.mp4 --cluster ray://head:10001 --clip s3://films/a.mp4
"""


class What(StrEnum):
    """What is written of a project."""

    plate = "plate"
    cutout = "cutout"
    matte = "matte"


@app.command(epilog=_EXAMPLES)
def export(
    project: ProjectArgument,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            show_default=False,
            help="The result: a video, or frames such as out/%05d.png; or a URL of one, for the "
            "places that fsspec reaches.",
        ),
    ],
    what: Annotated[
        What | None,
        typer.Option(
            show_default="plate, or cutout where nothing is erased",
            help="plate: the clip without what is erased; cutout: what is cut out, with its "
            "transparency; matte: how much of each pixel that is.",
        ),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            show_default="transparent",
            help="What to lay a cutout over: #rrggbb, blur:N, a picture or a video.",
        ),
    ] = None,
    frames: FramesOption = None,
    quality: Annotated[Quality, typer.Option(help="The care taken in encoding.")] = Quality.good,
    crf: CrfOption = None,
    codec: Annotated[
        str | None,
        typer.Option(
            show_default="the clip's own kind",
            help="h264, h265, av1, prores, vp9, ffv1, webp, png, tiff, jpeg or gif; for cutouts prores4444, "
            "vp9, ffv1, png, tiff or webp.",
        ),
    ] = None,
    provenance: ProvenanceOption = None,
    report: ReportOption = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            show_default="this machine",
            help="Fill on a Ray cluster: ray://host:port, or local for one of this machine alone.",
        ),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            show_default="the clip's own path",
            help="Where the cluster's machines find the clip: a path or a URL.",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default="runs.jsonl in the user's state folder",
            help="Add what was done, as JSON lines, to this file.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: EventsOption = False,
) -> None:
    """Write a project's clip, or what is cut out of it; goes on where it was stopped."""
    from cleanplate.engine import verbs

    with shown(json) as show:
        done = verbs.export(
            project,
            output,
            what=None if what is None else what.value,
            background=background,
            frames=parse_frames(frames),
            quality=quality.value,
            crf=crf,
            codec=codec,
            provenance=provenance,
            report=report,
            log=log,
            overwrite=overwrite,
            progress=show,
            cluster=cluster,
            clip=clip,
        )
    if not json and sys.stdout.isatty():
        print(f"{output}: {len(done.frames)} frames in {done.seconds:.1f} s")
