"""What an export job does, and what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cleanplate.engine.control import Control
from cleanplate.engine.events import Listener
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
    from cleanplate.engine.cutout_project import cutout_project
    from cleanplate.engine.export import export_project
    from cleanplate.engine.run import OutputSettings

    output = Path(request["output"])
    pictures = "%" in output.name
    if pictures:
        output.parent.mkdir(parents=True, exist_ok=True)
    first, end = request.get("first"), request.get("end")
    frames = None if first is None and end is None else slice(first, end)
    settings = OutputSettings(request["quality"], request["crf"], request["codec"], overwrite=True)
    if request["what"] == "plate":
        report = export_project(project, output, settings, tell, control, frames=frames)
    else:
        only = "matte" if request["what"] == "matte" else None
        behind = request.get("background")
        report = cutout_project(
            project, output, settings, tell, control, only=only, background=behind, frames=frames
        )
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
