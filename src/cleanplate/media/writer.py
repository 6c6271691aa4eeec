"""Writing a clip: frames in, one file or a folder of pictures out, whole or not at all."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import sequence
from cleanplate.media.compose import from_image
from cleanplate.media.container import full_disk, reason
from cleanplate.media.frame import Frame
from cleanplate.media.gif_sink import GifSink
from cleanplate.media.info import ClipInfo, Colour
from cleanplate.media.picture_sink import PictureSink
from cleanplate.media.plan import ExportPlan, plan_export
from cleanplate.media.settings import ExportSettings
from cleanplate.media.sink import Sink
from cleanplate.media.video_sink import VideoSink
from cleanplate.media.webp_sink import WebpSink

_SRGB = Colour("full", "bt709", "iec61966-2-1", "gbr")


class ClipWriter:
    """Writes frames to `output`; a context manager.

    With a `source` the output takes its timing, colour, sound and all that `plan.kept` says;
    without one, frames come at `settings.rate` in sRGB. The output appears under its name when
    the writer is closed without error; until then, and after `abort` or an exception, nothing
    is there. `frames` says which of the source's frames will come, where not all do: sound is cut
    to those that came in any case, chapters only so. `plan` is known with a source at once, otherwise after the first frame.

    Raises:
        UsageError: the output is the source, has no known ending, or a folder that is not there.
        MediaError: the disk is full, or the encoder refuses the frames.
    """

    def __init__(
        self,
        output: str | Path,
        source: ClipInfo | None = None,
        settings: ExportSettings | None = None,
        frames: range | None = None,
    ) -> None:
        self.output = Path(output)
        self.settings = settings or ExportSettings()
        self.warnings: list[str] = []
        self.frames = 0
        self.plan: ExportPlan | None = None
        self._source = source
        self._range = frames
        self._sink: Sink | None = None
        self._closed = False
        self._disowned = False
        if source is not None:
            _refuse_own_source(self.output, source)
            self.plan = plan_export(source, self.output, self.settings)

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @property
    def kept(self) -> list[str]:
        """What of the source is in the output, one line each."""
        return self.plan.kept if self.plan else []

    @property
    def lost(self) -> list[str]:
        """What of the source is not in the output, one line each."""
        return self.plan.lost if self.plan else []

    def write(
        self,
        frame: Frame | None = None,
        image: np.ndarray | None = None,
        hole: np.ndarray | None = None,
        alpha: np.ndarray | None = None,
    ) -> None:
        """Write the next frame.

        `frame` brings the time and the pixels; `image` (upright RGB `(h, w, 3)`, uint8 or
        uint16) replaces them in `hole` (bool `(h, w)`), or everywhere without one. Outside
        `align_hole(hole, info)` the file's own samples pass untouched. `alpha` is a new
        opacity `(h, w)`, float 0..1. Without `frame`, `image` is a frame of its own.
        """
        if self._closed:
            raise ValueError("the writer is closed")
        if frame is None:
            frame, image, hole, alpha = self._own_frame(image, alpha), None, None, None
        try:
            if self._sink is None:
                self._sink = self._open(frame)
            if self._disowned:
                self._sink.disown()
                raise ValueError("the writer is disowned")
            self._sink.put(frame, image, hole, alpha)
        except BaseException as error:
            self._give_up(error)
            raise
        self.frames += 1

    def close(self) -> None:
        """Finish the output and give it its name."""
        if self._closed:
            return
        if self._sink is None:
            self._closed = True
            raise MediaError(f"No frames were given, so {self.output} was not written.")
        try:
            self._sink.finish()
        except BaseException as error:
            self._give_up(error)
            raise
        self._closed = True
        self.warnings += self._sink.warnings

    def abort(self) -> None:
        """Stop and remove what was written."""
        self._closed = True
        if self._sink is not None:
            self._sink.discard()
            self._sink = None

    def disown(self) -> None:
        """Have nothing come of this, from another thread: for who cannot wait for the encoder.

        What is on disk is removed at once; a `write` or `close` that is under way ends in an error.
        """
        self._disowned = True
        sink = self._sink
        if sink is not None:
            sink.disown()

    def _give_up(self, error: BaseException) -> None:
        """Remove what was written, and say in a person's words what stopped it, where known."""
        self.abort()
        explained = _explained(error, self.output)
        if explained is not error:
            raise explained from error

    def _own_frame(self, image: np.ndarray | None, alpha: np.ndarray | None) -> Frame:
        """A frame made of an image alone, in order, at the settings' or the source's rate."""
        if image is None:
            raise ValueError("a frame or an image is needed")
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"image is {image.dtype}{image.shape}, not uint8 or uint16 (h, w, 3)")
        native = from_image(image, alpha, _SRGB)
        if self.plan is None:
            self._source = _made_up(self.output, native, self.settings)
            self.plan = plan_export(self._source, self.output, self.settings)
        info = self._source
        tick = Fraction(1, 1) / info.rate
        return Frame(native, self.frames, self.frames, tick, 1, _SRGB, type(info.orientation)())

    def _open(self, frame: Frame) -> Sink:
        info = self._source
        if frame.native.format.name != info.pix_fmt and frame.colour is _SRGB:
            # Images written under a source's plan: the same tracks, other pixels.
            info = dataclasses.replace(
                info,
                pix_fmt=frame.native.format.name,
                codec=info.codec,
                colour=_SRGB,
                orientation=frame.orientation,
                display_matrix=None,
                interlaced=False,
                has_alpha=frame.layout.alpha,
                width=frame.width,
                height=frame.height,
                coded_width=frame.width,
                coded_height=frame.height,
            )
            self.plan = plan_export(info, self.output, self.settings)
        if info.kind == "image" and self._source.path == self.output:
            raise UsageError(f"{self.output} is the source itself; choose another name.")
        if self.plan.container == "gif":
            return GifSink(self.plan, info, self.settings)
        if self.plan.container == "webp":
            return WebpSink(self.plan, info, self.settings)
        if self.plan.pictures:
            return PictureSink(self.plan, info, self.settings)
        return VideoSink(self.plan, info, self.settings, frame.index == 0, self._range)


def _made_up(output: Path, native: av.VideoFrame, settings: ExportSettings) -> ClipInfo:
    """The facts of a clip that exists only as images."""
    from cleanplate.media.pixels import layout

    rate = settings.rate or Fraction(25)
    own = layout(native.format.name)
    return ClipInfo(
        path=Path(),
        kind="frames",
        width=native.width,
        height=native.height,
        frame_count=None,
        rate=rate,
        variable_rate=False,
        time_base=1 / rate,
        start=Fraction(0),
        duration=None,
        container="",
        codec="",
        pix_fmt=native.format.name,
        bit_depth=own.bits,
        colour=_SRGB,
        has_alpha=own.alpha,
        coded_width=native.width,
        coded_height=native.height,
    )


def _refuse_own_source(output: Path, source: ClipInfo) -> None:
    taken = [source.path, *source.files] if source.kind == "video" else list(source.files)
    target = output
    if source.kind == "frames" and (output.is_dir() or sequence.is_pattern(output.name)):
        folder = output if output.is_dir() else output.parent
        if folder.exists() and folder.resolve() == source.files[0].parent.resolve():
            raise UsageError(
                f"{output} is where the source's frames are; choose another folder for the result."
            )
        return
    if target.exists() and any(p.exists() and target.samefile(p) for p in taken):
        raise UsageError(f"{output} is the source itself; choose another name for the result.")


def _explained(error: BaseException, output: Path) -> BaseException:
    """The error for a person, where one of FFmpeg or the system stands for a known trouble."""
    if full_disk(error):
        return MediaError(
            f"There is no room left to write {output}. Free some space, or write to another "
            "disk; nothing was left behind."
        )
    if isinstance(error, (av.error.FFmpegError, OSError)):
        return MediaError(f"{output} could not be written: {reason(error)}.")
    return error
