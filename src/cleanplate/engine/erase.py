"""Erase from file to file: decode, fill and encode at the same time, committed only when whole."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from cleanplate.engine import kernels
from cleanplate.engine.cuts import by_shot, number_shots, thumbnail_size
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.holes import HoleMaker
from cleanplate.engine.overlap import Ahead, Halt, Stopwatch
from cleanplate.engine.plate import Plate, Task, make_plates
from cleanplate.engine.provenance import colour_provenance
from cleanplate.engine.report import FrameReport, Report
from cleanplate.errors import UsageError
from cleanplate.fill import FillSettings
from cleanplate.media import (
    ClipReader,
    ClipWriter,
    ExportSettings,
    Frame,
    MaskReader,
    align_hole,
    open_clip,
    open_masks,
    plan_export,
    probe,
)

T = TypeVar("T")

FramesWanted = range | slice | None

_QUEUE = 2
"""Frames waiting between two stages: enough to keep both busy, little to hold in memory."""

_PATIENCE = 0.8
"""Seconds that a stopped run waits for its threads; a user waits no longer than one."""


@dataclass(frozen=True)
class EraseSettings:
    """What the user chose; see `cleanplate.erase` for what each means."""

    mask: Path
    grow: float | None = None
    feather: float = 0
    frames: FramesWanted = None
    quality: str = "good"
    crf: float | None = None
    codec: str | None = None
    provenance: Path | None = None
    report: Path | None = None
    overwrite: bool = False

    @property
    def margin(self) -> float:
        """Pixels to grow the mask by: as asked, or else as far as the feather reaches."""
        return self.feather if self.grow is None else self.grow

    def to_json(self) -> dict[str, Any]:
        """The choices that make the picture, as JSON-ready values."""
        chosen = self.frames
        return {
            "mask": str(self.mask),
            "grow": self.margin,
            "feather": self.feather,
            "frames": None if chosen is None else [chosen.start, chosen.stop],
            "quality": self.quality,
            "crf": self.crf,
            "codec": self.codec,
        }


def erase_clip(
    source: Path,
    output: Path,
    settings: EraseSettings,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Remove what the mask marks from the clip at `source`; see `cleanplate.erase`."""
    _check_paths(source, output, settings)
    return _Run(source, output, settings, progress or _ignore, Halt(cancel)).run()


class _Run:
    def __init__(
        self,
        source: Path,
        output: Path,
        settings: EraseSettings,
        tell: Listener,
        halt: Halt,
    ) -> None:
        self._output = output
        self._settings = settings
        self._tell = tell
        self._halt = halt
        self._watch = Stopwatch()
        self._compiling = threading.Event()
        self._stages: list[Ahead] = []
        self._damage: list[str] = []
        self._info = probe(source)
        self._export = ExportSettings(settings.codec, settings.quality, settings.crf)
        plan = plan_export(self._info, output, self._export)
        with self._opened():
            pass  # what is wrong with the clip or its masks is said before any work
        self._report = Report(
            str(source),
            str(output),
            settings.to_json(),
            self._info.width,
            self._info.height,
            kept=plan.kept,
            lost=plan.lost,
        )

    def run(self) -> Report:
        began = time.monotonic()
        details = {"source": self._report.source, "output": self._report.output}
        self._tell(Event("start", total=self._expected_frames(), details=details))
        for line in self._info.warnings:
            self._warn(line)
        for line in self._report.lost:
            self._tell(Event("warning", message=f"not kept: {line}"))
        try:
            with kernels.announced(self._compiling.set):
                self._erase()
        except BaseException:
            self._stop_stages()
            raise
        self._finish(time.monotonic() - began)
        return self._report

    def _erase(self) -> None:
        total = self._expected_frames()
        pace = Pace(total)
        settings = FillSettings(quality=self._settings.quality)
        self._tell(Event("stage", "erase", total=total))
        decoded = self._stage("decode", self._decode())
        plates = self._stage("fill", make_plates(by_shot(decoded), settings, self._watch))
        for frame in self._stage("encode", self._encode(plates), idle=self._say_if_compiling):
            self._report.frames.append(frame)
            rate, remaining = pace.at(len(self._report.frames))
            self._tell(Event("progress", "erase", len(self._report.frames), total, rate, remaining))

    def _stage(
        self, name: str, items: Iterable[T], idle: Callable[[], None] = lambda: None
    ) -> Ahead[T]:
        stage = Ahead(items, _QUEUE, self._halt, name, idle)
        self._stages.append(stage)
        return stage

    def _stop_stages(self) -> None:
        self._halt.stop()
        deadline = time.monotonic() + _PATIENCE
        for stage in reversed(self._stages):
            stage.join(deadline)

    def _decode(self) -> Iterator[tuple[int, Task[Frame]]]:
        """Every frame with its hole, and the number of its shot."""
        for number, task in number_shots(self._tasks(), lambda task: _thumbnail(task.frame)):
            if number == len(self._report.shots):
                self._report.shots.append([task.frame.index, task.frame.index])
            self._report.shots[-1][1] = task.frame.index + 1
            yield number, task

    def _tasks(self) -> Iterator[Task[Frame]]:
        make_hole = HoleMaker(
            self._settings.margin,
            self._settings.feather,
            lambda pixels: align_hole(pixels, self._info),
        )
        with self._opened() as (reader, masks):
            for frame in self._watch.timed("decode", reader):
                with self._watch("decode"):
                    _ = frame.image  # made here, in the decoder's thread, not in the filler's
                with self._watch("masks"):
                    hole = make_hole(masks[frame.index])
                yield Task(frame, hole)
            self._damage = [line for line in reader.warnings if line not in self._info.warnings]

    @contextmanager
    def _opened(self) -> Iterator[tuple[ClipReader, MaskReader]]:
        """The clip and its masks; raises what is wrong with them."""
        chosen = self._settings.frames
        with open_clip(self._info, chosen) as reader:
            wanted = None if chosen is None else reader.range
            with open_masks(self._settings.mask, self._info, wanted) as masks:
                yield reader, masks

    def _encode(self, plates: Iterable[Plate[Frame]]) -> Iterator[FrameReport]:
        with ExitStack() as outputs:
            writer = outputs.enter_context(ClipWriter(self._output, self._info, self._export))
            sources = None
            if self._settings.provenance is not None:
                sources = outputs.enter_context(
                    ClipWriter(self._settings.provenance, self._info, ExportSettings())
                )
            for plate in plates:
                with self._watch("encode"):
                    _write(plate, writer)
                    if sources is not None:
                        _write_provenance(plate, sources)
                yield _frame_report(plate)

    def _finish(self, seconds: float) -> None:
        timings = self._watch.seconds
        timings["fill"] = timings.get("fill", 0) - timings.pop("waiting for frames", 0)
        self._report.timings = {name: round(spent, 3) for name, spent in timings.items()}
        self._report.seconds = round(seconds, 3)
        for line in self._damage:
            self._warn(line)
        if self._report.frames and not any(frame.hole for frame in self._report.frames):
            self._warn("the masks mark nothing on these frames, so nothing was removed")
        if self._settings.report is not None:
            self._report.save(self._settings.report)
        self._tell(Event("done", details=self._report.summary()))

    def _expected_frames(self) -> int | None:
        chosen = self._settings.frames
        count = self._info.frame_count
        if chosen is None:
            return count
        end = count if chosen.stop is None else min(chosen.stop, count or chosen.stop)
        return None if end is None else max(end - (chosen.start or 0), 0)

    def _say_if_compiling(self) -> None:
        if self._compiling.is_set():
            self._compiling.clear()
            self._tell(Event("compiling"))

    def _warn(self, message: str) -> None:
        self._report.warnings.append(message)
        self._tell(Event("warning", message=message))


def _thumbnail(frame: Frame) -> NDArray:
    return frame.scaled(*thumbnail_size(frame.width, frame.height))


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


def _check_paths(source: Path, output: Path, settings: EraseSettings) -> None:
    """Refuse, before any work, what would destroy a file or can't be written."""
    written = {"output": output, "provenance": settings.provenance, "report": settings.report}
    named: dict[str, Path] = {name: path for name, path in written.items() if path is not None}
    read = {"the clip": source, "the mask": settings.mask}
    for name, path in named.items():
        for what, other in read.items():
            if _same(path, other):
                raise UsageError(f"the {name} {path} is {what} itself; give another name")
        if path.exists() and not path.is_dir() and not settings.overwrite:
            raise UsageError(f"{path} exists already; give another name, or --overwrite")
        folder = path.parent
        if not folder.is_dir() and "%" not in path.name:
            raise UsageError(f"there is no folder {folder}; create it first")
    if len({os.path.abspath(path) for path in named.values()}) < len(named):
        raise UsageError("two results have the same name; give each its own")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return os.path.abspath(one) == os.path.abspath(other)


def _ignore(event: Event) -> None:
    pass
