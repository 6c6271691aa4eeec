"""What an export job does, and what it needs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cleanplate.engine.control import Control
from cleanplate.engine.events import Listener
from cleanplate.engine.report import Report
from cleanplate.engine.run import OutputSettings
from cleanplate.project import Project, State
from cleanplate.server.refusals import Refused


def check(state: State, what: str) -> None:
    """Raise `Refused` where no object is there for it."""
    action = "erase" if what == "plate" else "cutout"
    if not any((one.runs or one.keys) and one.action == action for one in state.objects.values()):
        word = "erased" if what == "plate" else "cut out"
        raise Refused(409, f"No object with a mask is to be {word}.", "Point at something first.")


def run_export(
    project: Project, request: dict[str, Any], tell: Listener, control: Control
) -> dict[str, Any]:
    """Write what `request` (a `NewExport` and its `output`) asks for; the job's result."""
    from cleanplate.engine.export import export_project

    output = Path(request["output"])
    pictures = "%" in output.name
    if pictures:
        output.parent.mkdir(parents=True, exist_ok=True)
    settings = OutputSettings(request["quality"], request["crf"], request["codec"], overwrite=True)
    if request["what"] == "plate":
        report = export_project(project, output, settings, tell, control)
    else:
        report = _cut_out(project, output, request["what"], settings, tell, control)
    place = output.parent if pictures else output
    files = list(place.iterdir()) if pictures else [place]
    return {
        "frames": len(report.frames),
        "name": place.name,
        "path": str(place),
        "bytes": sum(path.stat().st_size for path in files),
        "recovered": round(report.recovered, 4),
        "synthesised": round(report.synthesised, 4),
        "kept": report.kept,
        "lost": report.lost,
    }


def _cut_out(
    project: Project,
    output: Path,
    what: str,
    settings: OutputSettings,
    tell: Listener,
    control: Control,
) -> Report:
    """Write the objects that are cut out, with their transparency, or their matte alone."""
    from cleanplate.engine.cutout import CutoutSettings, cutout_clip
    from cleanplate.engine.mask_files import png
    from cleanplate.engine.tracking import MaskStage

    stage = MaskStage(project)
    with TemporaryDirectory(prefix="cleanplate-") as folder:
        for frame, _ in stage.compute(None, tell, control):
            mask = stage.together(frame, "cutout").astype("uint8") * 255
            (Path(folder) / f"{frame:06d}.png").write_bytes(png(mask))
        chosen = CutoutSettings(
            mask=Path(folder), only="matte" if what == "matte" else None, output=settings
        )
        return cutout_clip(project.clip(), output, chosen, tell, control)
