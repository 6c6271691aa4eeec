"""Where frames go: one video file, picture files, or a GIF."""

from __future__ import annotations

import contextlib
import math
import os
from collections import deque
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext
from av.codec.context import Flags as CodecFlags
from av.filter import Graph

from cleanplate.errors import MediaError, UsageError
from cleanplate.media import compose, sequence
from cleanplate.media.colour import codes
from cleanplate.media.container import url
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo, Colour
from cleanplate.media.partial import PartialFile, PartialFolder
from cleanplate.media.pixels import layout
from cleanplate.media.plan import ExportPlan
from cleanplate.media.probing import orient_aspect
from cleanplate.media.settings import ExportSettings
from cleanplate.media.timing import more_follows
from cleanplate.media.tracks import Span, Tracks, needs_free_keys, write_metadata

# SVT-AV1 writes its settings to stderr unless told to name errors only.
os.environ.setdefault("SVT_LOG", "1")
# Beyond this, 32-bit durations overflow within minutes and some players mind.
_FINEST_TIMESCALE = 10_000_000
# No encoder here decodes a frame this many frames before it is shown (H.264 and H.265: 16).
_DEEPEST_REORDER = 17


class Sink:
    """Takes frames in order; `finish` or `discard` is called once at the end."""

    def __init__(self, plan: ExportPlan, info: ClipInfo, settings: ExportSettings) -> None:
        self.plan = plan
        self.info = info
        self.settings = settings
        self.warnings: list[str] = []

    def put(self, frame: Frame, image, hole, alpha) -> None:
        """Write one frame (see `ClipWriter.write`)."""
        raise NotImplementedError

    def finish(self) -> None:
        """Complete the output and give it its name."""
        raise NotImplementedError

    def discard(self) -> None:
        """Remove everything."""
        raise NotImplementedError


class VideoSink(Sink):
    """A video file with the source's other tracks."""

    def __init__(
        self,
        plan: ExportPlan,
        info: ClipInfo,
        settings: ExportSettings,
        whole: bool,
        frames: range | None,
    ) -> None:
        super().__init__(plan, info, settings)
        self._frames = frames
        self._last: Frame | None = None
        self._file = PartialFile(plan.output)
        self._composer = compose.Composer()
        yuv = layout(plan.pix_fmt).family == "yuv"
        self._colour = compose.encoder_colour(info, yuv, plan.codec.limited_range)
        self._shift: int | None = None
        self._last_dts: int | None = None
        self._usual_duration = max(1, round(1 / (info.rate * info.time_base)))
        self._container = av.open(
            url(self._file.path), "w", format=plan.container, container_options=self._muxing(whole)
        )
        self._tracks: Tracks | None = None
        try:
            self._stream = self._add_video()
            if info.kind == "video" and (plan.audio or plan.subtitles or info.attachments):
                self._tracks = Tracks(plan, info, self._container)
        except BaseException:
            self.discard()
            raise

    def put(self, frame: Frame, image, hole, alpha) -> None:
        if self._shift is None:
            self._begin(frame)
        native = self._composer.compose(frame, image, hole, alpha)
        if self.plan.turn:
            native = compose.turned(native, self.info)
        native = compose.convert_frame(native, self.plan.pix_fmt, frame.colour, self._colour)
        self._encode(native, frame)

    def finish(self) -> None:
        for packet in self._stream.encode(None):
            self._mux(packet)
        if self._tracks is not None:
            self._tracks.finish(self._end())
            self.warnings += self._tracks.warnings
        self._container.close()
        self._file.commit()

    def discard(self) -> None:
        if self._tracks is not None:
            self._tracks.close()
        with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()
        self._file.discard()

    def _encode(self, native: av.VideoFrame, frame: Frame) -> None:
        compose.set_colour(native, self._colour)
        native.time_base = frame.time_base
        native.pts = frame.pts - self._shift
        native.duration = frame.duration
        self._last = frame
        for packet in self._stream.encode(native):
            decoded = self._mux(packet)
            if self._tracks is not None:
                self._tracks.advance(decoded + self._shift * frame.time_base)

    def _mux(self, packet: av.Packet) -> Fraction:
        """Write one packet of video and say when it is decoded, in seconds.

        x265 gives decoding times out of thin air for clips shorter than its look-ahead; those
        are replaced by the earliest that are in order.
        """
        longest = _DEEPEST_REORDER * max(packet.duration or 0, self._usual_duration)
        last = self._last_dts
        wrong = packet.dts is None or not 0 <= packet.pts - packet.dts <= longest
        if wrong or (last is not None and packet.dts <= last):
            packet.dts = packet.pts - longest if last is None else last + 1
        self._last_dts = packet.dts
        decoded = packet.dts * packet.time_base
        self._container.mux(packet)
        return decoded

    def _end(self) -> Fraction | None:
        """Where the last frame ends, None if it was the source's last as well."""
        last = self._last
        if last is None or not more_follows(self.info, last.pts):
            return None
        return (last.pts + last.duration) * last.time_base

    def _begin(self, frame: Frame) -> None:
        """Fix the output's clock: the first frame comes when the source's first does."""
        base = frame.time_base
        whole = frame.index == 0
        start = round(self.info.start / base)
        self._shift = 0 if whole else frame.pts - start
        end = None
        if self._frames is not None:
            # Good enough for chapters; sound ends exactly where the last frame does.
            end = frame.time + len(self._frames) / self.info.rate
        span = Span(None if whole else frame.time, end, self._shift * base)
        if self.settings.metadata:
            write_metadata(self._container, self.info, span)
        if self._tracks is not None:
            self._tracks.start(Span(span.start, None, span.shift))

    def _add_video(self):
        plan, info = self.plan, self.info
        turned = info.orientation.size(info.coded_width, info.coded_height)
        width, height = turned if plan.turn else (info.coded_width, info.coded_height)
        stream = self._container.add_stream(
            plan.codec.encoder,
            rate=info.rate,
            options=dict(plan.options),
            width=width,
            height=height,
            pix_fmt=plan.pix_fmt,
            time_base=info.time_base,
        )
        context = stream.codec_context
        compose.set_colour(context, self._colour)
        aspect = info.pixel_aspect
        if not plan.turn:
            aspect = orient_aspect(aspect, info.orientation)
            if info.display_matrix is not None and not info.orientation.upright:
                stream.set_display_matrix(info.display_matrix)
        if aspect != 1:
            context.sample_aspect_ratio = aspect
        context.thread_count = 0
        if plan.codec.encoder not in ("libx264", "libx264rgb", "libx265", "libsvtav1"):
            context.thread_type = "AUTO"
        context.flags |= CodecFlags.frame_duration.value
        if plan.codec.name == "h265" and plan.container in ("mp4", "mov"):
            # Apple's players take hvc1 only.
            context.codec_tag = "hvc1"
        keep = ("language", "title", "handler_name", "timecode")
        stream.metadata.update({k: v for k, v in info.video_metadata.items() if k in keep})
        return stream

    def _muxing(self, whole: bool) -> dict[str, str]:
        if self.plan.container not in ("mp4", "mov"):
            return {}
        flags = "+faststart"
        if any(code != 2 for code in codes(self._colour)):
            # Without any tag, the box would claim limited range.
            flags += "+write_colr"
        if self.settings.metadata and needs_free_keys(self.info):
            flags += "+use_metadata_tags"
        return {"movflags": flags, "movie_timescale": str(self._timescale(whole))}

    def _timescale(self, whole: bool) -> int:
        """Ticks a second for the starts of tracks: milliseconds, or exact where those round."""
        starts = [self.info.start, *(track.start for track, _ in self.plan.audio)]
        if whole and all((1000 * start).denominator == 1 for start in starts):
            return 1000
        bases = [self.info.time_base, *(Fraction(1, t.sample_rate) for t, _ in self.plan.audio)]
        exact = math.lcm(*(base.denominator for base in bases))
        return exact if exact <= _FINEST_TIMESCALE else self.info.time_base.denominator


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
