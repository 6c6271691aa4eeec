"""``cleanplate demo``: see it work on a clip that it draws itself, with nothing to download."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.options import EventsOption
from cleanplate.cli.progress import shown

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to put the files.")
    ] = Path("demo"),
    frame_count: Annotated[
        int, typer.Option("--frames", min=2, help="How many frames the sample has.")
    ] = 72,
    json: EventsOption = False,
) -> None:
    """Draw a clip, erase its object, compare with the truth."""
    from cleanplate.engine.demo import files_of, run_demo

    with shown(json) as show:
        result = run_demo(output, frame_count, show)
    if json:
        files = {name: str(path) for name, path in files_of(result)}
        print(json_text.dumps({"event": "demo", "psnr": round(result.psnr, 2), "files": files}))
        return
    print(
        f"true PSNR in the hole:      {result.psnr:.2f} dB against the background as drawn "
        f"({result.outside:.2f} dB outside it, where only encoding changed anything)"
    )
    print(
        f"{result.report.recovered:.0%} of what was removed was recovered from other frames; "
        f"{len(result.report.frames)} frames in {result.report.seconds:.0f} s"
    )
    for name, path in reversed(
        list(files_of(result))
    ):  # what to watch stands last, where the eye is
        print(f"{name + ':':<28}{path}")
