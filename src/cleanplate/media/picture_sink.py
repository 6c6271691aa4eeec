"""Frames into picture files."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import CodecContext

from cleanplate.errors import UsageError
from cleanplate.media import compose, sequence
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo, Colour
from cleanplate.media.partial import PartialFile, PartialFolder
from cleanplate.media.pixels import layout
from cleanplate.media.plan import ExportPlan
from cleanplate.media.settings import ExportSettings
from cleanplate.media.sink import Sink


class PictureSink(Sink):
    """Numbered picture files in a folder, or a single picture."""

    def __init__(self, plan: ExportPlan, info: ClipInfo, settings: ExportSettings) -> None:
        super().__init__(plan, info, settings)
        output = plan.output
        self._pattern: str | None = None
        self._single: PartialFile | None = None
        self._folder: PartialFolder | None = None
        suffix = {"png": ".png", "tiff": ".tif", "jpeg": ".jpg"}[plan.container]
        if sequence.is_pattern(output.name):
            self._pattern = output.name
            self._folder = PartialFolder(output.parent)
        elif not output.suffix or output.is_dir():
            self._pattern = None
            self._folder = PartialFolder(output)
        else:
            self._single = PartialFile(output)
        self._suffix = suffix
        self._context: CodecContext | None = None
        self._names: deque[Path] = deque()
        self._written = 0
        self._composer = compose.Composer()
        self._colour = info.colour
        if plan.container == "jpeg":
            self._colour = Colour("full", info.colour.primaries, info.colour.transfer, "bt470bg")

    def put(self, frame: Frame, image, hole, alpha) -> None:
        if self._single is not None and self._written:
            raise UsageError(
                f"{self.plan.output} names one picture, but there are several frames. Give a "
                f"folder, or a pattern such as {self.plan.output.stem}_%05d"
                f"{self.plan.output.suffix}."
            )
        native = self._native(frame, image, hole, alpha)
        if self._context is None:
            self._context = self._encoder(native)
        self._names.append(self._name(frame))
        self._written += 1
        native.pts = self._written
        native.time_base = Fraction(1, 25)
        native.pict_type = 0
        self._save(self._context.encode(native))

    def finish(self) -> None:
        self._save(self._context.encode(None))
        (self._single or self._folder).commit()

    def discard(self) -> None:
        (self._single or self._folder).discard()

    def disown(self) -> None:
        (self._single or self._folder).discard()

    def _native(self, frame: Frame, image, hole, alpha) -> av.VideoFrame:
        if self.plan.container == "jpeg":
            return self._jpeg_native(frame, image, hole, alpha)
        native = compose.composed_rgb(frame, image, hole, alpha)
        wanted = self.plan.pix_fmt
        return native if native.format.name == wanted else native.reformat(format=wanted)

    def _jpeg_native(self, frame: Frame, image, hole, alpha) -> av.VideoFrame:
        own = layout(frame.native.format.name)
        colour = frame.colour
        jfif = own.family == "yuv" and own.bits == 8 and colour.range == "full"
        if jfif and colour.matrix in ("bt470bg", "smpte170m") and self.info.orientation.upright:
            native = self._composer.compose(frame, image, hole, None)
            return compose.convert_frame(native, self.plan.pix_fmt, colour, self._colour)
        native = compose.composed_rgb(frame, image, hole, None)
        native = compose.convert_frame(native, self.plan.pix_fmt, colour, self._colour)
        compose.set_colour(native, self._colour)
        return native

    def _encoder(self, native: av.VideoFrame) -> CodecContext:
        plan = self.plan
        context = CodecContext.create(plan.codec.encoder, "w")
        context.width, context.height = native.width, native.height
        context.pix_fmt = plan.pix_fmt
        context.time_base = Fraction(1, 25)
        context.options = dict(plan.options)
        context.thread_count = 0
        if plan.container == "jpeg":
            scale = {"draft": 8, "good": 2, "best": 1}[self.settings.quality]
            context.color_range = 2
            context.qmin = context.qmax = scale
            context.options = {**plan.options, "huffman": "optimal"}
        return context

    def _save(self, packets) -> None:
        for packet in packets:
            self._names.popleft().write_bytes(bytes(packet))

    def _name(self, frame: Frame) -> Path:
        if self._single is not None:
            return self._single.path
        files = self.info.files
        if self._pattern is None:
            stem = files[frame.index].stem if files else f"{frame.index:05d}"
            return self._folder.path / f"{stem}{self._suffix}"
        number = frame.index
        if files and (own := sequence.number_in(files[frame.index])) is not None:
            number = own
        return self._folder.path / sequence.numbered(self._pattern, number)
