"""The settings of a project: how it is tracked, filled and cut out."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.cutout import Method
from cleanplate.cli.options import InpaintOption, ProjectArgument, Quality, TrackingQuality, pixels
from cleanplate.limits import FARTHEST

if TYPE_CHECKING:
    from cleanplate.project import Project

GrowOption = Annotated[
    float | None,
    pixels(
        "Grow the masks by so many pixels before filling.",
        show_default="the feather; at least 4 for what is tracked",
    ),
]
FeatherOption = Annotated[float | None, pixels("Blend over so many pixels inside the grown rim.")]
QualityOption = Annotated[Quality | None, typer.Option(help="The care taken in filling.")]
TrackingOption = Annotated[
    TrackingQuality | None, typer.Option(help="The care taken in tracking what is pointed at.")
]


def set_(
    project: ProjectArgument,
    grow: GrowOption = None,
    feather: FeatherOption = None,
    quality: QualityOption = None,
    tracking: TrackingOption = None,
    inpaint: InpaintOption = None,
    matte_method: Annotated[
        Method | None,
        typer.Option(help="The way to what is cut out, as `cleanplate cutout` has it."),
    ] = None,
    matte_choke: Annotated[
        float | None,
        pixels("Move the edge of mattes inwards, in pixels; below 0, outwards.", -FARTHEST),
    ] = None,
    matte_feather: Annotated[
        float | None, pixels("Soften the edge of mattes by so many pixels.")
    ] = None,
    matte_gamma: Annotated[
        float | None,
        typer.Option(help="Above 1: what is half in a matte more solid; below 1: thinner."),
    ] = None,
    matte_despeckle: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="AREA", help="Drop islands and gaps of mattes below so many pixels."
        ),
    ] = None,
    matte_garbage: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="A rough box that everything outside of is background in mattes; none for none.",
        ),
    ] = None,
) -> None:
    """Change a project's settings."""
    from cleanplate.project import Project

    if matte_gamma is not None and matte_gamma <= 0:
        raise typer.BadParameter("more than 0; 1 leaves the matte", param_hint="--matte-gamma")
    changed = change_settings(
        Project.open(project),
        grow=grow,
        feather=feather,
        quality=quality and quality.value,
        tracking=tracking and tracking.value,
        completer=None if inpaint is None else network_named(inpaint),
        matte_method=matte_method and matte_method.value,
        matte_choke=matte_choke,
        matte_feather=matte_feather,
        matte_gamma=matte_gamma,
        matte_despeckle=matte_despeckle,
        matte_garbage=None if matte_garbage is None else _rough_box(matte_garbage),
    )
    if not changed:
        raise typer.BadParameter(
            "say what to set: --grow, --feather, --quality, --tracking, --inpaint, or one of those "
            "that begin with --matte"
        )


def change_settings(project: Project, **settings: Any) -> bool:
    """Change those settings of `SetSettings` that are not None, as one edit; whether there are any."""
    from cleanplate.project import SetSettings

    said = {name: value for name, value in settings.items() if value is not None}
    if said:
        project.edit(SetSettings(**said))
    return bool(said)


def _rough_box(text: str) -> tuple[float, ...]:
    """``x,y,width,height`` as a box, ``none`` as no box."""
    if text == "none":
        return ()
    try:
        box = tuple(float(part) for part in text.split(","))
    except ValueError:
        box = ()
    if len(box) != 4 or not all(map(isfinite, box)) or min(box[2:]) <= 0:
        raise typer.BadParameter(
            f"{text!r} is no box: write x,y,width,height in pixels, or none",
            param_hint="--matte-garbage",
        )
    return box


def network_named(name: str) -> str:
    """An inpainting network as a project names it, having made sure that it is one; "" for none."""
    if name == "none":
        return ""
    from cleanplate.engine.plate import completer

    completer(name)
    return str(Path(name).resolve()) if Path(name).is_file() else name
