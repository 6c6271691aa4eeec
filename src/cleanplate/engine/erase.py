"""Erase from file to file: decode, fill and encode at the same time, committed only when whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cleanplate.engine.cuts import by_shot, number_shots, thumbnail_size
from cleanplate.engine.events import Listener
from cleanplate.engine.holes import HoleMaker
from cleanplate.engine.outputs import check_outputs
from cleanplate.engine.plate import Plate, Task, completer, make_plates
from cleanplate.engine.report import Origin, Report, said_of_masks
from cleanplate.engine.run import OutputSettings, Run
from cleanplate.engine.shadows import with_shadows
from cleanplate.engine.wanted import FramesWanted
from cleanplate.fill import FillSettings
from cleanplate.media import ClipReader, Frame, MaskReader, align_hole, open_clip, open_masks, probe


@dataclass(frozen=True)
class EraseSettings:
    """What to remove and how; see `cleanplate.erase` for what each means."""

    mask: Path
    grow: float | None = None
    feather: float = 0
    with_shadow: bool = False
    inpaint: str | None = None
    frames: FramesWanted = None
    output: OutputSettings = field(default_factory=OutputSettings)
    origin: Origin = field(default_factory=Origin)

    @property
    def margin(self) -> float:
        """Pixels to grow the mask by: as asked, or else as far as the feather reaches."""
        return self.feather if self.grow is None else self.grow

    def to_json(self) -> dict[str, Any]:
        """The choices that make the picture, as JSON-ready values."""
        chosen = self.frames
        return {
            **said_of_masks(self.mask, self.origin),
            "grow": self.margin,
            "feather": self.feather,
            "with_shadow": self.with_shadow,
            "inpaint": self.inpaint,
            "frames": None if chosen is None else [chosen.start, chosen.stop],
            **self.output.to_json(),
        }


def erase_clip(
    source: Path,
    output: Path,
    settings: EraseSettings,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Remove what the mask marks from the clip at `source`; see `cleanplate.erase`."""
    check_outputs(output, settings.output, {"the clip": source, "the mask": settings.mask})
    before = dict(settings.origin.seconds)
    if not settings.with_shadow:
        return _EraseRun(source, output, settings, settings.mask, before, progress, cancel).run()
    began = time.monotonic()
    with with_shadows(
        source, settings.mask, frames=settings.frames, progress=progress, cancel=cancel
    ) as masks:
        before["find shadows"] = time.monotonic() - began
        return _EraseRun(source, output, settings, masks, before, progress, cancel).run()


class _EraseRun(Run):
    def __init__(
        self,
        source: Path,
        output: Path,
        settings: EraseSettings,
        masks: Path,
        before: dict[str, float],
        progress: Listener | None,
        cancel: threading.Event | None,
    ) -> None:
        super().__init__(
            probe(source),
            output,
            settings.output,
            settings.to_json(),
            settings.frames,
            progress,
            cancel,
        )
        self._erase = settings
        self.before = before
        self._masks = masks
        self._completer = completer(settings.inpaint)
        with self._opened():
            pass  # what is wrong with the clip or its masks is said before any work

    def plates(self) -> Iterable[Plate[Frame]]:
        decoded = self.stage("decode", self._decode())
        settings = FillSettings(self._erase.output.quality, completer=self._completer)
        return self.stage("fill", make_plates(by_shot(decoded), settings, self.watch))

    def _decode(self) -> Iterator[tuple[int, Task[Frame]]]:
        """Every frame with its hole, and the number of its shot."""
        for number, task in number_shots(self._tasks(), lambda task: _thumbnail(task.frame)):
            if number == len(self.report.shots):
                self.report.shots.append([task.frame.index, task.frame.index])
            self.report.shots[-1][1] = task.frame.index + 1
            yield number, task

    def _tasks(self) -> Iterator[Task[Frame]]:
        make_hole = HoleMaker(
            self._erase.margin,
            self._erase.feather,
            lambda pixels: align_hole(pixels, self.info),
        )
        with self._opened() as (reader, masks):
            for frame in self.watch.timed("decode", reader):
                with self.watch("masks"):
                    hole = make_hole(masks[frame.index])
                yield Task(frame, hole)
            self.damage = [line for line in reader.warnings if line not in self.info.warnings]

    @contextmanager
    def _opened(self) -> Iterator[tuple[ClipReader, MaskReader]]:
        """The clip and its masks; raises what is wrong with them."""
        chosen = self._erase.frames
        with open_clip(self.info, chosen) as reader:
            wanted = None if chosen is None else reader.range
            with open_masks(self._masks, self.info, wanted) as masks:
                yield reader, masks


def _thumbnail(frame: Frame) -> NDArray:
    return frame.scaled(*thumbnail_size(frame.width, frame.height))
