"""Frames into an animated WebP."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import av
import numpy as np

from cleanplate.media import compose
from cleanplate.media.container import url
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.partial import PartialFile
from cleanplate.media.plan import ExportPlan
from cleanplate.media.settings import ExportSettings
from cleanplate.media.sink import Sink

_TICK = Fraction(1, 1000)


class WebpSink(Sink):
    """An animated WebP that loops for ever; opacity is straight and kept without loss."""

    def __init__(self, plan: ExportPlan, info: ClipInfo, settings: ExportSettings) -> None:
        super().__init__(plan, info, settings)
        self._file = PartialFile(plan.output)
        self._container = av.open(
            url(self._file.path), "w", format="webp", container_options={"loop": "0"}
        )
        self._stream = None
        self._last = -1
        self._shift: int | None = None

    def put(self, frame: Frame, image, hole, alpha) -> None:
        native = compose.composed_rgb(frame, image, hole, alpha)
        pixels = native.to_ndarray()
        if pixels.dtype == np.uint16:
            pixels = (pixels >> 8).astype(np.uint8)
        if pixels.shape[2] == 3:
            pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        if self._stream is None:
            self._stream = self._add_video(pixels)
            self._shift = 0 if frame.index == 0 else frame.pts - round(
                self.info.start / frame.time_base
            )  # fmt: skip
        turned = np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])
        picture = av.VideoFrame.from_ndarray(turned, "bgra")
        time = round((frame.pts - self._shift) * frame.time_base / _TICK)
        picture.pts = self._last = max(time, self._last + 1)
        picture.time_base = _TICK
        for packet in self._stream.encode(picture):
            self._container.mux(packet)

    def finish(self) -> None:
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        self._file.commit()

    def discard(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()
        self._file.discard()

    def disown(self) -> None:
        self._file.discard()

    def _add_video(self, first: np.ndarray):
        height, width = first.shape[:2]
        return self._container.add_stream(
            self.plan.codec.encoder,
            rate=self.info.rate,
            width=width,
            height=height,
            pix_fmt="bgra",
            time_base=_TICK,
            options=dict(self.plan.options),
        )
