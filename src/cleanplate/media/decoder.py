"""Packets to frames: damage counted and skipped, timestamps put right, fields deinterlaced."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.bitstream import BitStreamFilterContext
from av.codec.context import CodecContext
from av.container import InputContainer
from av.filter import Graph
from av.video.stream import VideoStream

from cleanplate.media.container import open_url
from cleanplate.media.pixels import canonical

_DISCARD = "filter_units=discard=nonref"


@dataclass
class Picture:
    """A decoded frame and its time; `pts` and `duration` count the stream's time base."""

    native: av.VideoFrame
    pts: int
    duration: int


class Timestamps:
    """The best timestamp of each frame: FFmpeg's own choice, which PyAV does not pass on.

    Where presentation times go backwards more often than decoding times do (AVI), the latter
    are used (libavcodec, `guess_correct_pts`).
    """

    def __init__(self) -> None:
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = 0
        self._faulty_dts = 0
        self._last: int | None = None
        self.repaired = 0

    def best(self, frame: av.VideoFrame, duration: int) -> int:
        """The time of `frame`, later than that of the frame before by at least one tick."""
        pts, dts = frame.pts, frame.dts
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        trust_pts = pts is not None and (self._faulty_pts <= self._faulty_dts or dts is None)
        time = pts if trust_pts else dts
        if time is None:
            time = 0 if self._last is None else self._last + max(duration, 1)
            self.repaired += 1
        if self._last is not None and time <= self._last:
            time = self._last + 1
            self.repaired += 1
        self._last = time
        return time


class Deinterlacer:
    """Fields to whole frames, one for one: FFmpeg's bwdif, on frames marked interlaced only."""

    def __init__(self, frame: av.VideoFrame, time_base: Fraction) -> None:
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=time_base
        )
        weave = self._graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        self._graph.link_nodes(source, weave, self._graph.add("buffersink")).configure()
        self._times: deque[tuple[int, int]] = deque()

    def push(self, picture: Picture | None) -> Iterator[Picture]:
        """Take the next frame (None at the end) and give those that are ready."""
        if picture is not None:
            self._times.append((picture.pts, picture.duration))
        self._graph.vpush(None if picture is None else picture.native)
        while self._times:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield Picture(frame, *self._times.popleft())


class Referred:
    """Tells which frames others refer to, by their packets (FFmpeg's filter_units).

    A decoder that skips those itself gives each a turn of one of its threads, which has nothing to
    do then: on two cores that takes half as long again.
    """

    def __init__(self, stream: VideoStream) -> None:
        known = stream.codec_context.name in ("h264", "hevc")
        self._filter = BitStreamFilterContext(_DISCARD, stream) if known else None

    def __contains__(self, packet: av.Packet) -> bool:
        """Whether anything is left of `packet` without what no frame refers to; True where that
        isn't known."""
        if self._filter is None:
            return True
        try:
            copy = av.Packet(bytes(packet))  # the filter empties what it is given
            return bool(self._filter.filter(copy))
        except av.error.FFmpegError:
            return True  # damaged, which the decoder will say


class Decoder:
    """Decodes one video stream of an open file, in order, from wherever the file stands.

    `damaged` counts the packets that could not be decoded, `read_error` says why the file itself
    could not be read on, `repaired` counts frames without a usable timestamp.

    Before the time `whole`, which may be put off while pictures are drawn, frames that no other
    refers to are left out: in most files that halves the way from a key frame to a frame behind it.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        interlaced: bool,
        threads: bool = True,
    ) -> None:
        self._container = container
        self._stream = stream
        self._context = decoder_context(stream, threads)
        self._interlaced = interlaced
        self._referred: Referred | None = None
        self._passed: set[int] = set()
        self.whole: int | None = None
        self.damaged = 0
        self.read_error: str | None = None
        self.repaired = 0
        self.found_interlaced = False
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        self._usual = max(1, round(1 / (rate * stream.time_base))) if rate else 1

    @property
    def interlaced(self) -> bool:
        """Whether fields are woven, as far as is known: a frame then needs its neighbours."""
        return self._interlaced or self.found_interlaced

    def flush(self) -> None:
        """Forget what is under way; call after seeking the container."""
        self._context.flush_buffers()

    def pictures(self, whole: int | None = None, last: int | None = None) -> Iterator[Picture]:
        """All frames from here to the end of the file, in the order of their times; before the time
        `whole` not all of them.

        With `last`, as soon as the frame of that time is decoded, what is complete by then, and no
        more: sooner by those that a decoder is given before it gives a frame away. It has to be
        flushed then.
        """
        self.whole = whole
        times = Timestamps()
        weave: Deinterlacer | None = None
        for frame in self._frames(last):
            duration = frame.duration or self._usual
            picture = Picture(normalise(frame), times.best(frame, duration), duration)
            self.repaired = times.repaired
            if weave is None and (self._interlaced or frame.interlaced_frame):
                self.found_interlaced = True
                weave = Deinterlacer(picture.native, self._stream.time_base)
            if weave is None:
                yield picture
            else:
                yield from weave.push(picture)
        if weave is not None:
            yield from weave.push(None)

    def alone(self) -> Picture | None:
        """The frame of the next packet, of which there must be one that needs no other. None
        where it cannot be had so."""
        packet = next(self._packets(), None)
        if packet is None or not packet.is_keyframe or self._interlaced:
            return None
        self._context.skip_frame = "DEFAULT"
        try:
            frames = [*self._context.decode(packet), *self._context.decode(None)]
        except av.error.FFmpegError:
            return None
        finally:
            self.flush()
        if len(frames) != 1 or frames[0].interlaced_frame or frames[0].pts is None:
            return None
        return Picture(normalise(frames[0]), frames[0].pts, frames[0].duration or self._usual)

    def _frames(self, last: int | None) -> Iterator[av.VideoFrame]:
        self._passed.clear()
        sent = got = 0
        latest = None
        for packet in self._packets():
            passed = self._passes(packet)
            self._context.skip_frame = "NONREF" if passed else "DEFAULT"
            sent += not packet.is_discard and not passed
            if passed and not self._is_referred_to(packet):
                continue
            try:
                frames = self._context.decode(packet)
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            for frame in frames:
                got += self._is_whole(frame)
                latest = frame.pts
                yield frame
            if last is not None and packet.pts == last:
                break
        try:
            frames = self._context.decode(None)
        except av.error.FFmpegError:
            frames = []
        for frame in frames:
            got += self._is_whole(frame)
            latest = frame.pts
            yield frame
        if last is None and got < sent and latest is not None:
            yield from self._salvage(latest)

    def _passes(self, packet: av.Packet) -> bool:
        """Whether `packet` lies before `whole`; if so, that is remembered."""
        if self.whole is None or packet.pts is None or packet.pts >= self.whole:
            return False
        self._passed.add(packet.pts)
        return True

    def _is_whole(self, frame: av.VideoFrame) -> bool:
        """Whether `frame` was not passed on the way to another, nor is asked about again."""
        if frame.pts in self._passed:
            self._passed.discard(frame.pts)
            return False
        return True

    def _is_referred_to(self, packet: av.Packet) -> bool:
        if self._referred is None:
            self._referred = Referred(self._stream)
        return packet in self._referred

    def _packets(self) -> Iterator[av.Packet]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self.read_error = str(error.strerror)
                return
            if not packet.size:
                return
            yield packet

    def _salvage(self, last: int) -> Iterator[av.VideoFrame]:
        """Frames behind `last` that threads lost at the end of a damaged file.

        One error while its threads are drained makes libavcodec give up what the others hold.
        Decoding the last stretch again without them gives those frames.
        """
        with open_url(self._container.name) as container:
            stream = container.streams[self._stream.index]
            try:
                container.seek(last, stream=stream)
            except av.error.FFmpegError:
                return
            again = Decoder(container, stream, interlaced=False, threads=False)
            for packet in again._packets():
                try:
                    frames = again._context.decode(packet)
                except av.error.FFmpegError:
                    self.damaged += 1
                    continue
                yield from (f for f in frames if f.pts is not None and f.pts > last)
            try:
                frames = again._context.decode(None)
            except av.error.FFmpegError:
                return
            yield from (f for f in frames if f.pts is not None and f.pts > last)


def decoder_context(stream: VideoStream, threads: bool = True) -> CodecContext:
    """The decoder for `stream`, with a frame to each thread unless `threads` is False.

    FFmpeg's own VP8 and VP9 decoders drop alpha, so streams that say they have it go to libvpx.
    """
    if stream.metadata.get("alpha_mode") == "1" and stream.codec_context.name in ("vp8", "vp9"):
        name = "libvpx-vp9" if stream.codec_context.name == "vp9" else "libvpx"
        context = CodecContext.create(name, "r")
        context.thread_count = 0
        return context
    stream.thread_type = "AUTO" if threads else "SLICE"
    return stream.codec_context


def normalise(frame: av.VideoFrame) -> av.VideoFrame:
    """`frame` in its canonical pixel format; the samples themselves do not change."""
    name = canonical(frame.format.name)
    if name == frame.format.name:
        return frame
    limits = int(frame.color_range) or (2 if frame.format.name.startswith("yuvj") else 0)
    return frame.reformat(format=name, src_color_range=limits, dst_color_range=limits)
