"""``cleanplate preview``: see a few frames of a project, small and soon."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.leaving import leave
from cleanplate.cli.options import (
    ChokeOption,
    DespeckleOption,
    FeatherOption,
    GammaOption,
    GarbageOption,
    HoldOutOption,
    OverwriteOption,
    ProjectArgument,
    parse_frames,
    parse_garbage,
)
from cleanplate.cli.progress import shown

app = typer.Typer(add_completion=False, rich_markup_mode=None)


_AHEAD = 2
"""Frames beside the one that is shown which are filled as well, where that is quick."""

_AHEAD_SECONDS = 0.3
"""Seconds after which no further one is begun."""


class How(StrEnum):
    """What is shown of a frame."""

    after = "after"
    before = "before"
    split = "split"
    side = "side"
    matte = "matte"
    cutout = "cutout"


@app.command()
def preview(
    project: ProjectArgument,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            show_default=False,
            help="A picture for one frame, a video for several.",
        ),
    ],
    frame: Annotated[int | None, typer.Option(min=0, help="The frame to show.")] = None,
    frames: Annotated[
        str | None, typer.Option(metavar="A:B", help="Frames A to B-1, as a small video.")
    ] = None,
    compare: Annotated[
        How,
        typer.Option(
            help="Show it beside how it was; or the matte or the cutout of one frame, as a PNG."
        ),
    ] = How.after,
    choke: ChokeOption = 0,
    feather: FeatherOption = 0,
    gamma: GammaOption = 1,
    despeckle: DespeckleOption = 0,
    hold_out: HoldOutOption = None,
    garbage: GarbageOption = None,
    size: Annotated[
        int, typer.Option(min=16, metavar="PX", help="The longer side of the picture.")
    ] = 960,
    overwrite: OverwriteOption = False,
) -> None:
    """See some frames of a project before exporting it."""
    if (frame is None) == (frames is None):
        raise typer.BadParameter("say which: --frame N or --frames A:B")
    matted = compare in (How.matte, How.cutout)
    if matted and frame is None:
        raise typer.BadParameter("a matte or a cutout is shown of one frame: --frame N")
    turned = (choke, feather, gamma, despeckle, hold_out, garbage) != (0, 0, 1, 0, None, None)
    if turned and not matted:
        raise typer.BadParameter("these are for a matte: add --compare matte or --compare cutout")
    from cleanplate.engine.outputs import refuse_existing

    if not overwrite:
        refuse_existing(output)
    if matted:
        from cleanplate.engine.cutout_project import write_cutout_preview
        from cleanplate.engine.held import Held
        from cleanplate.matte.controls import MatteControls
        from cleanplate.project import Project

        controls = MatteControls(despeckle, choke, feather, gamma)
        held = Held(hold_out, parse_garbage(garbage))
        with fetching() as watch, shown(False, quick=True) as show:
            write_cutout_preview(
                Project.open(project), output, frame, compare.value, controls, held, size, show,
                watch,
            )  # fmt: skip
        return
    chosen = slice(frame, frame + 1) if frame is not None else parse_frames(frames)
    from cleanplate.engine.preview import Preview, write_preview
    from cleanplate.project import Project

    with fetching() as watch, shown(False, quick=True) as show:
        kept = Preview(Project.open(project), size, watch=watch)
        write_preview(kept, output, chosen, compare.value, show)
    if frame is not None:
        # With all that is in memory now, those beside it cost a fraction of what they would later.
        kept.look_ahead(range(frame, frame + 1), _AHEAD_SECONDS, _AHEAD)
    kept.close()
    leave()
