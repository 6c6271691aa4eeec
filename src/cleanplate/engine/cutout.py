"""Cut out from file to file: decode, matte, set in and encode at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.backgrounds import Background, open_background
from cleanplate.engine.cuts import by_shot, number_shots, thumbnail_size
from cleanplate.engine.erase import EraseSettings, erase_clip
from cleanplate.engine.events import Listener
from cleanplate.engine.finish import Finished, finish
from cleanplate.engine.grain import clip_grain
from cleanplate.engine.held import Held
from cleanplate.engine.holes import HoleMaker
from cleanplate.engine.matting import Given, Matter, beside, open_matter
from cleanplate.engine.outputs import check_outputs
from cleanplate.engine.plate import Plate, Task, make_plates
from cleanplate.engine.report import FrameReport, Origin, Report, said_of_masks
from cleanplate.engine.run import OutputSettings, Run
from cleanplate.engine.wanted import FramesWanted
from cleanplate.errors import UsageError
from cleanplate.fill import FillSettings
from cleanplate.matte.composite import CompositeSettings, composite, grained, kept_shadow
from cleanplate.matte.controls import MatteControls
from cleanplate.matte.light import to_light
from cleanplate.media import (
    ClipInfo,
    ClipWriter,
    ExportSettings,
    Frame,
    MaskReader,
    open_clip,
    open_masks,
    plan_export,
    probe,
    repainted,
    repainted_info,
)
from cleanplate.media.pixels import layout

if TYPE_CHECKING:
    from cleanplate.engine.control import Control
    from cleanplate.models.fetching import Watcher

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

ONLY = ("matte", "foreground")
SHADOWS = ("none", "keep", "soft")

_PLATE_MARGIN = 6.0  # pixels: what is grown for a plate alone, the soft edge of the subject
_HAIR = 0.15  # of the root of the mask's area: how far around the subject the plate is made
_SHADE = 0.6  # of the same: how far a shadow is looked for
_SOFT_SHADOW = 0.45  # how dark the soft shadow is


@dataclass(frozen=True)
class CutoutSettings:
    """What to cut out and what to make of it; see `cleanplate.cutout` for what each means."""

    mask: Path | None = None
    method: str = "careful"
    screen: str | None = None
    background: str | None = None
    fit: str = "cover"
    end: str = "loop"
    only: str | None = None
    controls: MatteControls = field(default_factory=MatteControls)
    held: Held = field(default_factory=Held)
    wrap: float = 0.0
    shadow: str = "none"
    grain: bool = True
    behind: bool | None = None
    look: bool = True
    frames: FramesWanted = None
    output: OutputSettings = field(default_factory=OutputSettings)
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        if self.only not in (None, *ONLY):
            raise UsageError(f"there is no --only {self.only}: use {' or '.join(ONLY)}")
        if self.shadow not in SHADOWS:
            raise UsageError(f"there is no shadow {self.shadow!r}: use {', '.join(SHADOWS)}")
        if self.only and self.background:
            raise UsageError("give a background or --only, not both: one is without the other")
        if not 0 <= self.wrap <= 1:
            raise UsageError("the light wrap is a share: 0 (none) to 1")

    @property
    def transparent(self) -> bool:
        """Whether the result is the subject alone, with transparency around it."""
        return self.background is None and self.only is None

    @property
    def sees_behind(self) -> bool:
        """Whether the background is filled in first, to hold the matte against it."""
        if self.behind is None:
            return self.method == "careful" and self.output.quality == "best"
        return self.behind

    def to_json(self) -> dict[str, Any]:
        """The choices that make the picture, as JSON-ready values."""
        chosen, controls = self.frames, self.controls
        return {
            **said_of_masks(self.mask, self.origin),
            "method": self.method,
            "background": self.background,
            "only": self.only,
            "shadow": self.shadow,
            "wrap": self.wrap,
            "behind": self.sees_behind,
            "controls": vars(controls),
            "frames": None if chosen is None else [chosen.start, chosen.stop],
            **self.output.to_json(),
        }


def check_cutout(source: Path, output: Path, settings: CutoutSettings) -> None:
    """Raise what is wrong with the clip, the output or the background, before any work."""
    read = {"the clip": source, "the mask": settings.mask}
    check_outputs(output, settings.output, {k: v for k, v in read.items() if v is not None})
    info = probe(source)
    if settings.transparent:
        _refuse_opaque(repainted_info(info, True), output, settings.output)
    elif settings.background not in (None, "plate"):
        open_background(settings.background, info, settings.fit, settings.end).close()


def cutout_clip(
    source: Path,
    output: Path,
    settings: CutoutSettings,
    progress: Listener | None = None,
    cancel: threading.Event | Control | None = None,
    watch: Watcher | None = None,
) -> Report:
    """Cut the subject out of the clip at `source`; see `cleanplate.cutout`.

    `settings.mask` says where the subject is; people and screens are found without it.
    """
    check_cutout(source, output, settings)
    if settings.background == "plate":
        if settings.mask is None:
            raise UsageError("a plate needs to know what to take away: point at it, or give a mask")
        erase = EraseSettings(
            settings.mask,
            _PLATE_MARGIN,
            frames=settings.frames,
            output=settings.output,
            origin=settings.origin,
        )
        return erase_clip(source, output, erase, progress, cancel)
    return _CutoutRun(source, output, settings, progress, cancel, watch).run()


@dataclass(frozen=True)
class _Job:
    """A frame on its way, with the plate behind it where one is made."""

    frame: Frame
    mask: Mask | None
    plate: Plate[Frame] | None = None

    @property
    def given(self) -> Given:
        if self.plate is None:
            return Given(self.frame.image, self.mask)
        return Given(
            self.frame.image, self.mask, self.plate.filled.image, self.plate.filled.provenance >= 0
        )


class _CutoutRun(Run):
    stage_name = "cut out"
    nothing = "nothing was found on these frames, so nothing was cut out"

    def __init__(
        self,
        source: Path,
        output: Path,
        settings: CutoutSettings,
        progress: Listener | None,
        cancel: threading.Event | Control | None,
        watch: Watcher | None,
    ) -> None:
        self._clip = probe(source)
        self._cutout = settings
        self.before = settings.origin.seconds
        self._transparent = settings.transparent
        info = repainted_info(self._clip, True) if self._transparent else self._clip
        super().__init__(
            info, output, settings.output, settings.to_json(), settings.frames, progress, cancel
        )
        self._matter: Matter = open_matter(
            settings.method, screen=settings.screen, look=settings.look, watch=watch
        )
        if self._matter.needs_masks and settings.mask is None:
            raise UsageError("say what to cut out: point at it, or give its mask")
        self._background: Background | None = None
        if settings.background is not None:
            self._background = open_background(
                settings.background, self._clip, settings.fit, settings.end
            )
        self._setting = CompositeSettings(
            wrap=settings.wrap,
            wrap_width=max(4.0, max(info.width, info.height) / 80),
            shadow=_SOFT_SHADOW if settings.shadow == "soft" else 0.0,
        )
        with self._opened():
            pass  # what is wrong with the clip or its masks is said before any work
        self._grain = (0.0, 0.0, 0.0)
        if self._background is not None and settings.grain:
            self._grain = clip_grain(self._clip, settings.frames)

    def plates(self) -> Iterable[Plate[Frame]]:
        return ()  # nothing is filled for its own sake; see `reports`

    def reports(self) -> Iterable[FrameReport]:
        shots = self.stage("decode", self._numbered())
        jobs = self.stage("matte", self._cut(shots))
        return self.stage("encode", self._encoded(jobs), idle=self.say_if_compiling)

    def _numbered(self) -> Iterator[tuple[int, _Job]]:
        """Every frame with its mask, and the number of its shot."""
        numbered = number_shots(self._jobs(), lambda job: _thumbnail(job.frame))
        for number, job in numbered:
            if number == len(self.report.shots):
                self.report.shots.append([job.frame.index, job.frame.index])
            self.report.shots[-1][1] = job.frame.index + 1
            yield number, job

    def _jobs(self) -> Iterator[_Job]:
        with self._opened() as (reader, masks):
            for frame in self.watch.timed("decode", reader):
                with self.watch("decode"):
                    _ = frame.image  # made here, in the decoder's thread, not in the matter's
                yield _Job(frame, None if masks is None else masks[frame.index])
            self.damage = [line for line in reader.warnings if line not in self.info.warnings]

    def _cut(self, numbered: Iterable[tuple[int, _Job]]) -> Iterator[tuple[_Job, Finished]]:
        made = self._behind(numbered) if self._makes_plates else by_shot(numbered)
        with self._cutout.held.opened(self._clip, self._cutout.frames) as (inside, garbage):
            for shot in made:
                cuts = beside(shot, lambda jobs: self._matter.cut_shot(job.given for job in jobs))
                for job, cut in self.watch.timed("matte", cuts):
                    with self.watch("finish"):
                        index, opacity = job.frame.index, job.frame.alpha
                        done = finish(
                            cut, self._cutout.controls, inside(index), garbage(index), opacity
                        )
                    yield job, done

    @property
    def _makes_plates(self) -> bool:
        keeps = self._cutout.shadow == "keep" and self._cutout.only is None
        return self._cutout.mask is not None and (self._cutout.sees_behind or keeps)

    def _behind(self, numbered: Iterable[tuple[int, _Job]]) -> Iterator[Iterator[_Job]]:
        """The shots again, each frame with what is behind the subject and around it."""
        reach = _SHADE if self._cutout.shadow == "keep" else _HAIR
        quality = self._cutout.output.quality
        settings = FillSettings(quality="good" if quality == "best" else quality)
        for shot in by_shot(numbered):

            def filled(jobs: Iterable[_Job]) -> Iterator[Plate[Frame]]:
                tasks = (Task(job.frame, _wide_hole(job.mask, reach)) for job in jobs)
                return make_plates([tasks], settings, self.watch)

            yield (_Job(job.frame, job.mask, plate) for job, plate in beside(shot, filled))

    def _encoded(self, done: Iterable[tuple[_Job, Finished]]) -> Iterator[FrameReport]:
        with ExitStack() as outputs:
            writer = outputs.enter_context(ClipWriter(self._output, self.info, self._export))
            self._writers.append(writer)
            if self._background is not None:
                outputs.callback(self._background.close)
            for job, finished in done:
                with self.watch("encode"):
                    self._write(writer, job, finished)
                yield _frame_report(job.frame, finished.alpha)

    def _write(self, writer: ClipWriter, job: _Job, done: Finished) -> None:
        frame = job.frame
        if self._transparent:
            alpha, colour = self._with_shadow(job, done)
            writer.write(repainted(frame, colour, alpha))
            return
        if self._cutout.only == "matte":
            top = np.iinfo(frame.image.dtype).max
            grey = np.rint(done.alpha * top).astype(frame.image.dtype)
            image = np.repeat(grey[..., None], 3, axis=2)
        elif self._cutout.only == "foreground":
            image = done.foreground
        else:
            image = self._composited(job, done)
        opaque = None if frame.alpha is None else np.ones(done.alpha.shape, np.float32)
        writer.write(frame, image=image, alpha=opaque)

    def _composited(self, job: _Job, done: Finished) -> NDArray:
        frame = job.frame
        back = self._background.behind(frame, done.alpha)
        if self._cutout.grain:
            back = grained(back, self._background.grain, self._grain, frame.index)
        return composite(
            done.foreground, done.alpha, back, self._clip.colour.transfer, self._setting,
            self._shade(job, done),
        )  # fmt: skip

    def _with_shadow(self, job: _Job, done: Finished) -> tuple[F32, NDArray]:
        """Alpha and colour with the shadow as a film of black under the subject."""
        shade = self._shade(job, done)
        if self._setting.shadow > 0:
            from cleanplate.matte.composite import contact_shadow

            shade = contact_shadow(done.alpha, self._setting.shadow)
        if shade is None:
            return done.alpha, done.foreground
        under = (1 - done.alpha) * (1 - shade)
        alpha = done.alpha + under
        share = np.where(alpha > 1e-4, done.alpha / np.maximum(alpha, 1e-4), 1)[..., None]
        colour = np.rint(done.foreground * share).astype(done.foreground.dtype)
        return alpha.astype(np.float32), colour

    def _shade(self, job: _Job, done: Finished) -> F32 | None:
        if self._cutout.shadow != "keep" or job.plate is None:
            return None
        transfer = self._clip.colour.transfer
        seen = job.plate.filled.provenance >= 0
        plate = np.where(seen[..., None], job.plate.filled.image, job.frame.image)
        light = to_light(job.frame.image, transfer), to_light(plate, transfer)
        return kept_shadow(*light, done.alpha)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, MaskReader | None]]:
        """The clip and its masks; raises what is wrong with them."""
        chosen = self._cutout.frames
        with ExitStack() as files:
            reader = files.enter_context(open_clip(self._clip, chosen))
            masks = None
            if self._cutout.mask is not None:
                wanted = None if chosen is None else reader.range
                masks = files.enter_context(open_masks(self._cutout.mask, self._clip, wanted))
            yield reader, masks


def _wide_hole(mask: Mask, reach: float):
    size = float(np.sqrt(np.count_nonzero(mask)))
    return HoleMaker(max(8.0, reach * size))(mask)


def _refuse_opaque(info: ClipInfo, output: Path, settings: OutputSettings) -> None:
    export = ExportSettings(settings.codec, settings.quality, settings.crf)
    plan = plan_export(info, output, export)
    if not (layout(plan.pix_fmt).alpha or plan.container == "gif"):
        raise UsageError(
            f"{plan.codec.label} in {output.suffix} holds no transparency. Write to .mov (ProRes "
            "4444), .webm, .mkv, .webp or pictures such as out/%05d.png, or give a --background."
        )


def _thumbnail(frame: Frame) -> NDArray:
    return frame.scaled(*thumbnail_size(frame.width, frame.height))


def _frame_report(frame: Frame, alpha: F32) -> FrameReport:
    time = None if frame.pts is None else round(float(frame.pts * frame.time_base), 6)
    return FrameReport(frame.index, time, round(float(alpha.mean()), 6), 0.0, 0.0)
