"""Cut out a project's objects: the masks of those whose action is "cutout", made mattes."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.atomic import write_whole
from cleanplate.engine.control import Control
from cleanplate.engine.cutout import CutoutSettings, check_cutout, cutout_clip
from cleanplate.engine.cutout_arrays import preview_cutout
from cleanplate.engine.events import Listener
from cleanplate.engine.files import delivered, the_clip
from cleanplate.engine.finish import Finished
from cleanplate.engine.held import Held, held_of
from cleanplate.engine.mask_files import png
from cleanplate.engine.matting import open_matter
from cleanplate.engine.outputs import check_outputs
from cleanplate.engine.preview import SMALL
from cleanplate.engine.report import Report
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import FramesWanted
from cleanplate.errors import UsageError
from cleanplate.matte.controls import MatteControls
from cleanplate.media import open_clip
from cleanplate.project import Project, State

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

WHATS = ("plate", "cutout", "matte")
"""What an export may be of: the clip without what is erased, what is cut out with its transparency,
or the matte of that alone."""

_ACTIONS = {"plate": "erase", "cutout": "cutout", "matte": "cutout"}
_WORDS = {"erase": "erase", "cutout": "cut out"}


def exported_of(state: State, what: str | None) -> str:
    """What an export of the project is of: one of `WHATS`. None means the plate where anything is
    erased, else the cutout where anything is cut out.

    Raises `UsageError` where no object that has a mask is there for it.
    """
    if what not in (None, *WHATS):
        raise UsageError(f"there is no {what!r} to export: use {', '.join(WHATS)}")
    marked = {one.action for one in state.objects.values() if one.runs or one.keys}
    if what is None:
        what = "cutout" if "cutout" in marked and "erase" not in marked else "plate"
    if _ACTIONS[what] not in marked:
        raise UsageError(
            f"no object has a mask to {_WORDS[_ACTIONS[what]]}, so there is nothing to do: point at "
            "one, or change what is done to it with `cleanplate project object --action`"
        )
    return what


def matte_controls(state: State) -> MatteControls:
    """What a project's settings say of the matte of all that is cut out."""
    names = ("despeckle", "choke", "feather", "gamma")
    told = {name: state.settings.get(f"matte_{name}") for name in names}
    return MatteControls(**{name: value for name, value in told.items() if value is not None})


def matte_method(state: State) -> str:
    """The way that a project's mattes are made, one of `engine.matting.METHODS`."""
    return state.settings.get("matte_method") or "careful"


def cutout_project(
    project: Project,
    output: Path | str,
    settings: OutputSettings | None = None,
    progress: Listener | None = None,
    cancel: threading.Event | Control | None = None,
    store: Store | None = None,
    *,
    only: str | None = None,
    background: str | None = None,
    frames: FramesWanted = None,
    clip: str | None = None,
) -> Report:
    """Write the project's objects that are cut out: with transparency, over a `background`, or the
    "matte" or "foreground" `only`; as `cleanplate.cutout` does.

    `frames`, `clip` and `output` are as for `export_project`. Raises `UsageError` where no object is
    cut out, and what `cutout_clip` raises.
    """
    settings = settings or OutputSettings()
    with (
        delivered(output, settings.overwrite) as target,
        TemporaryDirectory(prefix="cleanplate-") as folder,
    ):
        source = the_clip(project, clip)
        check_outputs(target, settings, {"the project": project.folder})
        stage = MaskStage(project, store)
        exported_of(stage.state, "cutout")
        with open_clip(stage.info, frames) as reader:
            wanted = reader.range
        mask, *held = (Path(folder) / name for name in ("mask", "inside", "garbage"))
        given = held_of(stage, wanted.start)
        said = [place if one is not None else None for place, one in zip(held, given, strict=True)]
        chosen = CutoutSettings(
            mask=mask,
            method=matte_method(stage.state),
            only=only,
            background=background,
            controls=matte_controls(stage.state),
            held=Held(*said),
            frames=frames,
            output=settings,
        )
        check_cutout(source, target, chosen)
        for place in (mask, *held):
            place.mkdir()
        for frame, _ in stage.compute(wanted, progress, cancel):
            parts = (stage.together(frame, "cutout"), *held_of(stage, frame))
            for place, part in zip((mask, *held), parts, strict=True):
                if part is not None:
                    (place / f"{frame:06d}.png").write_bytes(png(part.astype("uint8") * 255))
        report = cutout_clip(source, target, chosen, progress, cancel)
        report.output = str(output)
        return report


def write_cutout_preview(
    project: Project,
    output: Path,
    frame: int,
    show: Literal["matte", "cutout"],
    controls: MatteControls | None = None,
    held: Held | None = None,
    size: int = SMALL,
    progress: Listener | None = None,
    watch: Watcher | None = None,
) -> None:
    """Write one frame's matte in grey, or its cutout with transparency, as a PNG.

    As an export makes it, but for what neighbouring frames add; `controls` are in the clip's own
    pixels, `held` is what is always in it or never, and both are the project's where nothing is said;
    `size` is the longer side of the picture. Raises `UsageError` where no mask of an object that is
    cut out is known on the frame.
    """
    if output.suffix.lower() != ".png":
        raise UsageError(f"the {show} of one frame is a PNG: name it {output.stem}.png")
    check_outputs(output, OutputSettings(overwrite=True), {"the project": project.folder})
    stage = MaskStage(project, watch=watch)
    exported_of(stage.state, "cutout")
    if controls is None or controls.neutral:
        controls = matte_controls(stage.state)
    for _ in stage.compute(range(frame, frame + 1), progress):
        pass
    with open_clip(stage.info) as reader:
        image = reader.read_frame(frame).image
    mask = stage.together(frame, "cutout")
    if not mask.any():
        raise UsageError(f"nothing that is cut out is on frame {frame}")
    if held is None or held == Held():
        inside, garbage = held_of(stage, frame)
    else:
        with held.opened(stage.info) as (inside_at, garbage_at):
            inside, garbage = inside_at(frame), garbage_at(frame)
    matter = open_matter(matte_method(stage.state), watch=watch)
    done = preview_cutout(image, mask, controls, matter=matter, inside=inside, garbage=garbage)
    alpha, colour = _smaller(done, size)
    picture = alpha if show == "matte" else np.dstack([colour, alpha])
    order = cv2.COLOR_GRAY2BGR if show == "matte" else cv2.COLOR_RGBA2BGRA
    _, data = cv2.imencode(".png", cv2.cvtColor(np.rint(picture * 255).astype(np.uint8), order))
    write_whole(output, data.tobytes())


def _smaller(done: Finished, size: int) -> tuple[NDArray, NDArray]:
    """Alpha (h, w) and straight colours (h, w, 3), float32 in 0..1, `size` pixels long at most."""
    height, width = done.alpha.shape
    colour = done.foreground.astype(np.float32) / np.iinfo(done.foreground.dtype).max
    scale = min(1.0, size / max(height, width))
    if scale == 1:
        return done.alpha, colour
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    alpha = cv2.resize(done.alpha, small, interpolation=cv2.INTER_AREA)
    # Where nothing is seen, the colours that were carried on are as good as any.
    return alpha, cv2.resize(colour, small, interpolation=cv2.INTER_AREA)
