"""Frames into a GIF."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.filter import Graph

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import compose
from cleanplate.media.container import url
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.partial import PartialFile
from cleanplate.media.plan import ExportPlan
from cleanplate.media.settings import ExportSettings
from cleanplate.media.sink import Sink


class GifSink(Sink):
    """A GIF with a palette for each frame; exact where a frame has no more than 255 colours."""

    def __init__(self, plan: ExportPlan, info: ClipInfo, settings: ExportSettings) -> None:
        super().__init__(plan, info, settings)
        self._file = PartialFile(plan.output)
        self._container = av.open(
            url(self._file.path), "w", format="gif", container_options={"loop": "0"}
        )
        self._stream = None
        self._graph: Graph | None = None
        self._last = -1
        self._shift: int | None = None

    def put(self, frame: Frame, image, hole, alpha) -> None:
        native = compose.composed_rgb(frame, image, hole, alpha)
        pixels = native.to_ndarray()
        if pixels.dtype == np.uint16:
            pixels = (pixels >> 8).astype(np.uint8)
        indexed = _exact(pixels)
        if indexed is None:
            if self.settings.quality == "lossless":
                raise UsageError(
                    f"Frame {frame.index} has more colours than the 255 of a GIF; write to .png "
                    "or .mkv for a lossless result."
                )
            indexed = self._quantised(pixels)
        if self._stream is None:
            self._stream = self._add_video(indexed)
            self._shift = 0 if frame.index == 0 else frame.pts - round(
                self.info.start / frame.time_base
            )  # fmt: skip
        time = round((frame.pts - self._shift) * frame.time_base * 100)
        indexed.pts = self._last = max(time, self._last + 1)
        indexed.time_base = Fraction(1, 100)
        indexed.duration = max(1, round(frame.duration * frame.time_base * 100))
        for packet in self._stream.encode(indexed):
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

    def _add_video(self, first: av.VideoFrame):
        stream = self._container.add_stream(
            "gif",
            rate=self.info.rate,
            width=first.width,
            height=first.height,
            pix_fmt="pal8",
            time_base=Fraction(1, 100),
        )
        stream.codec_context.flags |= CodecFlags.frame_duration.value
        return stream

    def _quantised(self, pixels: np.ndarray) -> av.VideoFrame:
        height, width = pixels.shape[:2]
        if self._graph is None:
            self._graph = _palette_graph(width, height, pixels.shape[2] == 4)
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels), "rgba" if pixels.shape[2] == 4 else "rgb24"
        )
        frame.pts = self._last + 1
        frame.time_base = Fraction(1, 100)
        self._graph.vpush(frame)
        try:
            return self._graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            raise MediaError("FFmpeg made no palette for a frame of the GIF.") from None


def _palette_graph(width: int, height: int, alpha: bool) -> Graph:
    """A palette for each frame (median cut) and error diffusion (Sierra), by FFmpeg."""
    graph = Graph()
    source = graph.add_buffer(
        width=width,
        height=height,
        format=av.VideoFormat("rgba" if alpha else "rgb24"),
        time_base=Fraction(1, 100),
    )
    split = graph.add("split")
    palette = graph.add("palettegen", f"stats_mode=single:reserve_transparent={int(alpha)}")
    use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


def _exact(pixels: np.ndarray) -> av.VideoFrame | None:
    """`pixels` (RGB or RGBA) with a palette of their own colours, None if there are too many."""
    words = pixels[:, :, :3].astype(np.uint32)
    words = words[:, :, 0] << 16 | words[:, :, 1] << 8 | words[:, :, 2] | 0xFF000000
    if pixels.shape[2] == 4:
        words[pixels[:, :, 3] < 128] = 0
    colours, indices = np.unique(words, return_inverse=True)
    if len(colours) > 255:
        return None
    palette = np.zeros(256, np.uint32)
    # Unused entries are opaque black, so that only true holes are transparent.
    palette[:] = 0xFF000000
    palette[: len(colours)] = colours
    argb = palette.astype(">u4").view(np.uint8).reshape(256, 4)
    return av.VideoFrame.from_ndarray(
        (np.ascontiguousarray(indices.reshape(words.shape).astype(np.uint8)), argb), "pal8"
    )
