"""What every run that writes a clip does: stages that overlap, progress, stopping, a report."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from cleanplate import __version__
from cleanplate.engine import kernels
from cleanplate.engine.control import Control
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.overlap import Ahead, Halt, Stopwatch
from cleanplate.engine.plate import Plate
from cleanplate.engine.provenance import colour_provenance
from cleanplate.engine.report import FrameReport, Report
from cleanplate.engine.runlog import RunLog
from cleanplate.engine.wanted import FramesWanted, behind_the_end
from cleanplate.errors import Cancelled
from cleanplate.media import ClipInfo, ClipWriter, ExportSettings, Frame, plan_export

T = TypeVar("T")

_QUEUE = 2
"""Frames waiting between two stages: enough to keep both busy, little to hold in memory."""

_PATIENCE = 0.8
"""Seconds that a stopped run waits for its threads; a user waits no longer than one."""


@dataclass(frozen=True)
class OutputSettings:
    """What is written, and how; see `cleanplate.erase` for what each means."""

    quality: str = "good"
    crf: float | None = None
    codec: str | None = None
    provenance: Path | None = None
    report: Path | None = None
    overwrite: bool = False
    log: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """The choices that make the output, as JSON-ready values."""
        return {"quality": self.quality, "crf": self.crf, "codec": self.codec}


class Run(ABC):
    """One run, from a clip to an output. What it does to the frames is its `plates`.

    `choices` go into the report. `cancel` is an event or a `Control`. Making a run raises what is
    wrong with the clip or the output.
    """

    stage_name = "erase"
    """What the progress of the whole is called."""

    before: Mapping[str, float] = MappingProxyType({})
    """Seconds of the work that made what this run begins with, by stage."""

    nothing = "the masks mark nothing on these frames, so nothing was removed"
    """What is said when no frame changed."""

    def __init__(
        self,
        info: ClipInfo,
        output: Path,
        settings: OutputSettings,
        choices: dict[str, Any],
        frames: FramesWanted = None,
        progress: Listener | None = None,
        cancel: threading.Event | Control | None = None,
    ) -> None:
        self.info = info
        self._short = behind_the_end(info, frames)
        self.halt = Halt(cancel)
        self.watch = Stopwatch()
        self.damage: list[str] = []
        self.hits: dict[str, int] = {}
        self.kinds: list[str] | None = None
        self._output = output
        self._settings = settings
        self._frames = frames
        self._tell = progress or _ignore
        self._compiling = threading.Event()
        self._stages: list[Ahead] = []
        self._writers: list[ClipWriter] = []
        self._export = ExportSettings(settings.codec, settings.quality, settings.crf)
        plan = plan_export(info, output, self._export)
        self.report = Report(
            str(info.path),
            str(output),
            choices,
            info.width,
            info.height,
            kept=plan.kept,
            lost=plan.lost,
        )
        self.plan = plan
        self.log = RunLog(settings.log)

    @abstractmethod
    def plates(self) -> Iterable[Plate[Frame]]:
        """Every finished frame, in order; work for threads goes through `stage`."""

    def run(self) -> Report:
        """Do it. Raises `Cancelled`, or whatever went wrong, with nothing left behind."""
        began = time.monotonic()
        details = {"source": self.report.source, "output": self.report.output}
        self._tell(Event("start", total=self.expected_frames(), details=details))
        self.log.write("start", **details, version=__version__, settings=self.report.settings)
        for line in (*self.info.warnings, *filter(None, [self._short])):
            self.warn(line)
        for line in self.report.lost:
            self._tell(Event("warning", message=f"not kept: {line}"))
        try:
            with kernels.announced(self._compiling.set):
                self._write_all()
        except BaseException as error:
            self._stop_stages()
            self._log_end(time.monotonic() - began, error)
            raise
        self._finish(time.monotonic() - began)
        return self.report

    def reports(self) -> Iterable[FrameReport]:
        """Every written frame, in order. Called, and read, in the calling thread."""
        return self.stage("encode", self.encode(self.plates()), idle=self.say_if_compiling)

    def stage(
        self, name: str, items: Iterable[T], idle: Callable[[], None] = lambda: None
    ) -> Ahead[T]:
        """Run `items` in a thread of its own, which is stopped when the run is."""
        stage = Ahead(items, _QUEUE, self.halt, name, idle)
        self._stages.append(stage)
        return stage

    def warn(self, message: str) -> None:
        """Tell the user, and note it in the report. In the calling thread only."""
        self.report.warnings.append(message)
        self.log.write("warning", message=message)
        self._tell(Event("warning", message=message))

    def _write_all(self) -> None:
        reports = self.reports()
        total = self.expected_frames() if self.kinds is None else len(self.kinds)
        pace = Pace(total, kinds=self.kinds, clock=self.halt.running_seconds)
        self._tell(Event("stage", self.stage_name, total=total))
        for frame in reports:
            self.report.frames.append(frame)
            done = len(self.report.frames)
            self._tell(Event("progress", self.stage_name, done, total, *pace.at(done)))

    def _stop_stages(self) -> None:
        self.halt.stop()
        # An encoder may need long to let go of what it holds. Nobody waits for it, and nothing
        # must come of it when it is done.
        for writer in self._writers:
            writer.disown()
        deadline = time.monotonic() + _PATIENCE
        for stage in reversed(self._stages):
            stage.join(deadline)

    def encode(self, plates: Iterable[Plate[Frame]]) -> Iterator[FrameReport]:
        """Write the plates; each frame's line of the report comes back when it is written."""
        with ExitStack() as outputs:
            writer = outputs.enter_context(ClipWriter(self._output, self.info, self._export))
            self._writers.append(writer)
            sources = None
            if self._settings.provenance is not None:
                sources = outputs.enter_context(
                    ClipWriter(self._settings.provenance, self.info, ExportSettings())
                )
                self._writers.append(sources)
            for plate in plates:
                with self.watch("encode"):
                    _write(plate, writer)
                    if sources is not None:
                        _write_provenance(plate, sources)
                yield _frame_report(plate)

    def _finish(self, seconds: float) -> None:
        self.report.timings = {**_rounded(self.before), **self._timings()}
        self.report.seconds = round(sum(self.before.values()) + seconds, 3)
        for line in self.damage:
            self.warn(line)
        if self.report.frames and not any(frame.hole for frame in self.report.frames):
            self.warn(self.nothing)
        if self._settings.report is not None:
            self.report.save(self._settings.report)
        self._log_end(seconds)
        self._tell(Event("done", details=self.report.summary()))

    def _timings(self) -> dict[str, float]:
        """Seconds of work by stage; a stage that waits for another isn't at work."""
        timings = dict(self.watch.seconds)
        timings["fill"] = timings.get("fill", 0) - timings.pop("waiting for frames", 0)
        return _rounded(timings)

    def _log_end(self, seconds: float, error: BaseException | None = None) -> None:
        """Note what every stage did, and how it all ended."""
        for name, spent in self._timings().items():
            frames, hits = self.watch.frames.get(name), self.hits.get(name)
            self.log.write("stage", stage=name, frames=frames, seconds=spent, hits=hits)
        result, message = "done", None
        if error is not None:
            stopped = isinstance(error, (Cancelled, KeyboardInterrupt))
            result, message = ("stopped", None) if stopped else ("failed", str(error))
        paused = round(self.halt.paused_seconds(), 3) or None
        done = len(self.report.frames)
        self.log.write(
            "end",
            result=result,
            message=message,
            frames=done,
            seconds=round(seconds, 3),
            paused=paused,
        )

    def expected_frames(self) -> int | None:
        """How many frames will be written, as far as the file says."""
        chosen = self._frames
        count = self.info.frame_count
        if chosen is None:
            return count
        end = count if chosen.stop is None else min(chosen.stop, count or chosen.stop)
        return None if end is None else max(end - (chosen.start or 0), 0)

    def say_if_compiling(self) -> None:
        """Tell the user, once, when kernels are being compiled. In the calling thread only."""
        if self._compiling.is_set():
            self._compiling.clear()
            self._tell(Event("compiling"))


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(spent, 3) for name, spent in seconds.items()}


def _write(plate: Plate[Frame], writer: ClipWriter) -> None:
    if plate.hole.box is None:
        writer.write(plate.frame)
    else:
        writer.write(plate.frame, image=plate.image, hole=plate.hole.pixels)


def _write_provenance(plate: Plate[Frame], writer: ClipWriter) -> None:
    picture = colour_provenance(plate.frame.image, plate.filled.provenance, plate.index)
    writer.write(plate.frame, image=picture)


def _frame_report(plate: Plate[Frame]) -> FrameReport:
    frame, filled = plate.frame, plate.filled
    time_base = frame.time_base
    return FrameReport(
        frame=frame.index,
        time=None if frame.pts is None else round(float(frame.pts * time_base), 6),
        hole=round(plate.hole_share, 6),
        recovered=round(float(filled.recovered), 6),
        synthesised=round(float(filled.synthesised), 6),
    )


def _ignore(event: Event) -> None:
    pass
