"""From a clip and what was pointed at to masks on disc, with a score for every frame."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.engine.events import Event, Listener
from cleanplate.engine.marking import mark_project
from cleanplate.engine.mask_files import open_sink
from cleanplate.engine.object_masks import ObjectMask
from cleanplate.engine.overlap import Halt
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.store import open_store
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import behind_the_end
from cleanplate.errors import UsageError
from cleanplate.media import open_clip, probe
from cleanplate.project import SUFFIX, Project, SetObject, SetSettings
from cleanplate.segment.edges import EdgeSettings, feather

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

REPORT_VERSION = 1


@dataclass
class MaskReport:
    """What tracking made of a clip. `frames` has, for each, every object's score (0..1), whether
    it is there and its area in pixels; `doubtful` are frames whose least score is below 0.6, and those
    where an object comes or goes; `timings` are the seconds of finding what was pointed at ("find") and
    of "track"."""

    source: str
    output: str
    objects: dict[int, str] = field(default_factory=dict)
    shots: list[list[int]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    version: int = REPORT_VERSION

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        part = path.with_name(f".{path.name}.part")
        part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        part.replace(path)


def mask_clip(
    source: Path,
    output: Path,
    pointers: Pointers,
    *,
    frames: slice | None = None,
    quality: str = "good",
    edge: EdgeSettings | None = None,
    palette: bool | None = None,
    report: Path | None = None,
    overwrite: bool = False,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
    watch: Watcher | None = None,
) -> MaskReport:
    """Track what was pointed at through the clip at `source` and write its masks to `output`.

    Parameters
    ----------
    output
        A folder (PNGs, named by frame), a `.json` (COCO run lengths) or a video (white is marked).
    pointers
        What was pointed at; frames counted from the clip's first.
    frames
        Which frames to write, and to track in.
    quality
        "draft", "good" or "best".
    edge
        What is done to the masks' edges.
    palette
        Whether PNGs hold object ids with a palette; default: when there are several objects.
    report
        Where to write the `MaskReport`.
    overwrite
        Replace what is there.

    Raises UsageError, MediaError, MaskError and ModelError, each saying the remedy; nothing is
    left under the output's name then, nor when `cancel` is set (Cancelled).
    """
    _check(source, output, report, pointers, overwrite)
    tell, halt, began = progress or _ignore, Halt(cancel), time.monotonic()
    done = MaskReport(str(source), str(output))
    tell(Event("start", details={"source": str(source), "output": str(output)}))
    if short := behind_the_end(probe(source), frames):
        tell(Event("warning", message=short))
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        project = Project.create(Path(folder) / f"masks{SUFFIX}", source)
        project.edit(SetSettings(tracking=quality))
        stage = MaskStage(project, open_store(), within=frames, watch=watch)
        done.objects = mark_project(project, pointers, stage, frames=frames, watch=watch)
        found = time.monotonic()
        edges = {"smooth": edge.smooth, "holes": edge.holes, "specks": edge.specks} if edge else {}
        for number in done.objects if edges else ():
            project.edit(SetObject(object=number, shrink=edge.shrink, grow=edge.grow, **edges))
        stage = stage.fresh()
        tell(Event("stage", "find shots"))
        done.shots = [[shot.start, shot.stop] for shot in stage.shots(halt)]
        several = len(done.objects) > 1 if palette is None else palette
        sink = open_sink(output, stage.info, done.objects, several)
        try:
            with open_clip(stage.info, frames) as reader:
                computed = stage.compute(None, tell, halt)
                for frame, (_, known) in zip(reader, computed, strict=False):
                    masks = apart(known)
                    sink.put(frame, masks, _alpha(masks, edge.feather if edge else 0.0))
                    _note(done, frame.index, known, masks)
            sink.close()
        except BaseException:
            sink.abort()
            raise
    ended = time.monotonic()
    done.timings = {"find": round(found - began, 3), "track": round(ended - found, 3)}
    done.seconds = round(ended - began, 3)
    if report is not None:
        done.save(report)
    tell(Event("done", details={"frames": len(done.frames), "doubtful": done.doubtful}))
    return done


def apart(known: dict[int, ObjectMask]) -> dict[int, np.ndarray]:
    """Masks of which no two have a pixel: growing never takes what is another object's."""
    masks: dict[int, np.ndarray] = {}
    taken: np.ndarray | None = None
    for name, one in known.items():
        mask = one.mask
        for other, beside in known.items():
            if other != name:
                mask = mask & (~beside.core | one.core)
        masks[name] = mask if taken is None else mask & ~taken
        taken = masks[name] if taken is None else taken | masks[name]
    return masks


def _alpha(masks: dict[int, np.ndarray], width: float) -> np.ndarray:
    """All masks together, float32 (h, w) in 0..1, feathered inwards over `width` pixels."""
    return feather(np.logical_or.reduce(list(masks.values())), width)


def _note(
    report: MaskReport, index: int, known: dict[int, ObjectMask], masks: dict[int, np.ndarray]
) -> None:
    report.frames.append(
        {
            "frame": index,
            "objects": [
                {
                    "object": name,
                    "score": round(known[name].score, 3),
                    "present": bool(mask.any()),
                    "area": int(mask.sum()),
                }
                for name, mask in masks.items()
            ],
        }
    )
    last = [item["present"] for item in report.frames[-2]["objects"]] if report.frames[1:] else None
    turns = last is not None and last != [bool(mask.any()) for mask in masks.values()]
    if turns or any(one.doubtful for one in known.values()):
        report.doubtful.append(index)


def _check(
    source: Path, output: Path, report: Path | None, pointers: Pointers, overwrite: bool
) -> None:
    if not pointers:
        raise UsageError(
            "Nothing was pointed at: name it with --find, or use --box, --point or --keymask."
        )
    for path in filter(None, (output, report)):
        if os.path.abspath(path) == os.path.abspath(source):
            raise UsageError(f"{path} is the clip itself; give another name")
        if path.exists() and not overwrite and not (path.is_dir() and not any(path.iterdir())):
            raise UsageError(f"{path} exists already; give another name, or --overwrite")
    if output.is_dir() and any(item.suffix != ".png" for item in output.iterdir()):
        raise UsageError(f"{output} holds other things than masks; give another name")


def _ignore(event: Event) -> None:
    pass
