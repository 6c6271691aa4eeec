"""Cut out a project's objects: the masks of those whose action is "cutout", made mattes."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from cleanplate.engine.control import Control
from cleanplate.engine.cutout import CutoutSettings, check_cutout, cutout_clip
from cleanplate.engine.events import Listener
from cleanplate.engine.files import delivered, the_clip
from cleanplate.engine.mask_files import png
from cleanplate.engine.report import Report
from cleanplate.engine.run import OutputSettings, check_outputs
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage
from cleanplate.errors import UsageError
from cleanplate.project import Project, State

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
    clip: str | None = None,
) -> Report:
    """Write the project's objects that are cut out: with transparency, over a `background`, or the
    "matte" or "foreground" `only`; as `cleanplate.cutout` does.

    `clip` and `output` may be URLs, as for `export_project`. Raises `UsageError` where no object is
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
        chosen = CutoutSettings(
            mask=Path(folder), only=only, background=background, output=settings
        )
        check_cutout(source, target, chosen)
        for frame, _ in stage.compute(None, progress, cancel):
            mask = stage.together(frame, "cutout").astype("uint8") * 255
            (Path(folder) / f"{frame:06d}.png").write_bytes(png(mask))
        report = cutout_clip(source, target, chosen, progress, cancel)
        report.output = str(output)
        return report
