"""Frames into one video file, with the source's other tracks."""

from __future__ import annotations

import contextlib
import math
import os
from fractions import Fraction

import av
from av.codec.context import Flags as CodecFlags

from cleanplate.media import compose
from cleanplate.media.colour import codes
from cleanplate.media.container import url
from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.partial import PartialFile
from cleanplate.media.pixels import layout
from cleanplate.media.plan import ExportPlan
from cleanplate.media.probing import orient_aspect
from cleanplate.media.scheduling import usual_scheduling
from cleanplate.media.settings import ExportSettings
from cleanplate.media.sink import Sink
from cleanplate.media.timing import more_follows
from cleanplate.media.tracks import Span, Tracks, needs_free_keys, write_metadata

# SVT-AV1 writes its settings to stderr unless told to name errors only.
os.environ.setdefault("SVT_LOG", "1")
# Beyond this, 32-bit durations overflow within minutes and some players mind.
_FINEST_TIMESCALE = 10_000_000
# No encoder here decodes a frame this many frames before it is shown (H.264 and H.265: 16).
_DEEPEST_REORDER = 17


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

    def disown(self) -> None:
        self._file.discard()

    def _encode(self, native: av.VideoFrame, frame: Frame) -> None:
        compose.set_colour(native, self._colour)
        native.time_base = frame.time_base
        native.pts = frame.pts - self._shift
        native.duration = frame.duration
        first, self._last = self._last is None, frame
        # The encoder is opened by the first frame.
        with usual_scheduling() if first else contextlib.nullcontext():
            packets = self._stream.encode(native)
        for packet in packets:
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
            # Matroska numbers its segments at random otherwise; the same frames are to make the
            # same file.
            return {"fflags": "+bitexact"}
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
