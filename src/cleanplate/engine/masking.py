"""From a clip and what was pointed at to masks on disc, with a score for every frame."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.mask_files import open_sink
from cleanplate.engine.overlap import Halt
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.window_frames import WindowedFrames
from cleanplate.errors import UsageError
from cleanplate.media import detect_shots, open_clip
from cleanplate.segment import edges
from cleanplate.segment.edges import EdgeSettings
from cleanplate.track import Network, Tracked, TrackSession, TrackSettings

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

REPORT_VERSION = 1

_DOUBTFUL = 0.6  # a score below it is worth a look


@dataclass
class MaskReport:
    """What tracking made of a clip. `frames` has, for each, every object's score (0..1), whether
    it is there and its area in pixels; `doubtful` are frames whose least score is below 0.6, and those
    where an object comes or goes."""

    source: str
    output: str
    objects: dict[int, str] = field(default_factory=dict)
    shots: list[list[int]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
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
    with open_clip(source, frames) as reader:
        shown, count = reader.range, len(reader.range)
        pointers = pointers.shifted(shown.start)
        held = WindowedFrames(reader)
        tell(Event("stage", "find shots"))
        shots = detect_shots(reader)
        done.shots = [[shot.start, shot.stop] for shot in shots]
        inner = [range(s.start - shown.start, s.stop - shown.start) for s in shots]
        network = Network(TrackSettings.of(quality).pixels, watch=watch)
        session = TrackSession(held, shots=inner, quality=quality, network=network)
        done.objects = pointers.mark(session, held.__getitem__, watch=watch)
        several = len(done.objects) > 1
        sink = open_sink(output, reader.info, done.objects, several if palette is None else palette)
        try:
            tell(Event("stage", "track", total=count))
            pace = Pace(count)
            for tracked, masks, alpha in _edged(session, held, edge or EdgeSettings()):
                halt.check()
                frame = reader.read_frame(shown[tracked.index])
                sink.put(frame, masks, alpha)
                _note(done, frame.index, tracked, masks)
                rate, left = pace.at(len(done.frames))
                tell(Event("progress", "track", len(done.frames), count, rate, left))
            sink.close()
        except BaseException:
            sink.abort()
            raise
    done.seconds = round(time.monotonic() - began, 3)
    if report is not None:
        done.save(report)
    tell(Event("done", details={"frames": len(done.frames), "doubtful": done.doubtful}))
    return done


def _edged(
    session: TrackSession, frames: WindowedFrames, edge: EdgeSettings
) -> Iterator[tuple[Tracked, dict[int, np.ndarray], np.ndarray]]:
    """Every frame's masks by object, no pixel twice, and all together as alpha in 0..1."""
    for tracked, chosen in _steadied(session, frames, edge.smooth):
        masks: dict[int, np.ndarray] = {}
        taken = np.zeros(next(iter(chosen.values())).shape, bool)
        for name, mask in chosen.items():
            others = [other for key, other in chosen.items() if key != name]
            shaped = edge.shape(mask) & ~taken
            for other in others:
                shaped &= ~other | mask  # growing never takes what is another object's
            masks[name] = shaped
            taken |= shaped
        alpha = edges.feather(taken, edge.feather) if edge.feather else taken.astype(np.float32)
        yield tracked, masks, alpha


def _steadied(
    session: TrackSession, frames: WindowedFrames, strength: float
) -> Iterator[tuple[Tracked, dict[int, np.ndarray]]]:
    if strength <= 0:
        for tracked in session.track():
            yield tracked, tracked.masks
        return
    from cleanplate.track.smooth import smooth_in_time

    waiting: list[Tracked] = []

    def soft() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for tracked in session.track():
            waiting.append(tracked)
            # The decided masks: what the user marked counts in full.
            stack = np.dstack([mask.astype(np.float32) for mask in tracked.masks.values()])
            yield frames[tracked.index], stack

    for stack in smooth_in_time(soft(), strength):
        tracked = waiting.pop(0)
        marked = session.marks.get(tracked.index, {})
        masks = {name: stack[..., i] > 0.5 for i, name in enumerate(tracked.masks)}
        yield tracked, {name: marked.get(name, mask) for name, mask in masks.items()}


def _note(report: MaskReport, index: int, tracked: Tracked, masks: dict[int, np.ndarray]) -> None:
    report.frames.append(
        {
            "frame": index,
            "objects": [
                {
                    "object": name,
                    "score": round(tracked.scores[name], 3),
                    "present": bool(mask.any()),
                    "area": int(mask.sum()),
                }
                for name, mask in masks.items()
            ],
        }
    )
    last = [item["present"] for item in report.frames[-2]["objects"]] if report.frames[1:] else None
    turns = last is not None and last != [bool(mask.any()) for mask in masks.values()]
    if turns or min(tracked.scores.values()) < _DOUBTFUL:
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
