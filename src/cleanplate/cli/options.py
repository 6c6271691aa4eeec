"""The options and arguments that several commands share, and how they are read.

What points at something (--find, --box, ...) is in `cleanplate.cli.pointing`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.limits import FARTHEST


class Quality(StrEnum):
    """How much time to spend and how many bits; `lossless` keeps all outside the hole exactly."""

    draft = "draft"
    good = "good"
    best = "best"
    lossless = "lossless"


class TrackingQuality(StrEnum):
    """How much time to spend on a frame."""

    draft = "draft"
    good = "good"
    best = "best"


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

ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", show_default=False, help="A .cleanplate folder.")
]
MaskOption = Annotated[
    Path | None,
    typer.Option(
        "--mask",
        "-m",
        show_default=False,
        help="Ready-made masks, in white: a folder of PNGs, a matte video, one PNG for all frames, "
        "or a .json of COCO run lengths.",
    ),
]
FramesOption = Annotated[
    str | None,
    typer.Option(
        "--frames", metavar="A:B", help="Frames A to B-1 only; either end may be left out."
    ),
]
InpaintOption = Annotated[
    str | None,
    typer.Option(
        "--inpaint",
        metavar="NETWORK",
        show_default="Cleanplate's own synthesis",
        help="Make up what no frame shows with this inpainting network: a name from cleanplate "
        "models, or an ONNX file of LaMa's or MI-GAN's kind. In a project, none goes without again.",
    ),
]
CrfOption = Annotated[
    float | None,
    typer.Option(
        "--crf", help="The encoder's constant rate factor, in place of the quality's own."
    ),
]
ProvenanceOption = Annotated[
    Path | None,
    typer.Option(
        "--provenance", metavar="VIDEO", help="Also write where each filled pixel came from."
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", metavar="JSON", help="Also write what was recovered and synthesised."),
]
HoldOutOption = Annotated[
    Path | None,
    typer.Option(
        "--hold-out",
        metavar="MASK",
        help="What is always the subject, in white: pictures or a video.",
    ),
]
GarbageOption = Annotated[
    str | None,
    typer.Option(
        "--garbage",
        metavar="X,Y,W,H|MASK",
        help="A rough box that everything outside of is background, or a mask of what is.",
    ),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", "-y", help="Replace files that exist already.")
]
EventsOption = Annotated[
    bool, typer.Option("--json", help="Print events as JSON lines, for programs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def the_clip(argument: Path | None, option: Path | None) -> Path:
    """The one clip that was named, by its place or with -i; a usage error otherwise."""
    if argument is not None and option is not None:
        raise typer.BadParameter("the clip is given twice: by its place and with -i")
    clip = argument if argument is not None else option
    if clip is None:
        raise typer.BadParameter("name the clip: a video, a GIF, or a folder of frames")
    return clip


def parse_garbage(text: str | None) -> Path | tuple[float, float, float, float] | None:
    """``x,y,width,height`` as a box, anything else as the name of a mask that has to be there."""
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) == 4:
        try:
            return tuple(float(part) for part in parts)
        except ValueError:  # not four numbers: it is the name of a file
            pass
    path = Path(text)
    if not path.exists():
        raise typer.BadParameter(
            f"{text!r}: write a box as x,y,width,height, or name a mask that is there",
            param_hint="--garbage",
        )
    return path


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


def pixels(help: str, least: float = 0, **more: Any) -> Any:
    """An option that is a distance in pixels, as far as an edge can be moved."""
    return typer.Option(min=least, max=FARTHEST, help=help, **more)


ChokeOption = Annotated[
    float, pixels("Move the matte's edge inwards, in pixels; below 0, outwards.", -FARTHEST)
]
FeatherOption = Annotated[float, pixels("Soften the matte's edge by so many pixels.")]
GammaOption = Annotated[
    float, typer.Option(help="Above 1: what is half there more solid; below 1: thinner.")
]
DespeckleOption = Annotated[
    int, typer.Option(min=0, metavar="AREA", help="Drop islands and gaps below so many pixels.")
]
