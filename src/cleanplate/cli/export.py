"""``cleanplate export``: a project's clip, finished."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.erase import Quality
from cleanplate.cli.progress import shown

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", show_default=False, help="A .cleanplate folder.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            show_default=False,
            help="The result: a video, or frames such as out/%05d.png.",
        ),
    ],
    quality: Annotated[Quality, typer.Option(help="The care taken in encoding.")] = Quality.good,
    crf: Annotated[
        int | None,
        typer.Option(help="The encoder's constant rate factor, in place of the quality's own."),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            show_default="the clip's own kind",
            help="h264, h265, av1, prores, vp9, ffv1, png, tiff, jpeg or gif.",
        ),
    ] = None,
    provenance: Annotated[
        Path | None,
        typer.Option(metavar="VIDEO", help="Also write where each filled pixel came from."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="Also write what was recovered and synthesised."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace files that exist already.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print events as JSON lines, for programs.")
    ] = False,
) -> None:
    """Write a project's clip; goes on where it was stopped."""
    from cleanplate.engine.export import export_project
    from cleanplate.engine.run import OutputSettings
    from cleanplate.project import Project

    settings = OutputSettings(quality.value, crf, codec, provenance, report, overwrite)
    with shown(json) as show:
        done = export_project(Project.open(project), output, settings, show)
    if not json and sys.stdout.isatty():
        print(f"{output}: {len(done.frames)} frames in {done.seconds:.1f} s")
