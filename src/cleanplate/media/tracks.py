"""Sound, subtitles, chapters and metadata of the source, into the output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.filter import Graph
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet

from cleanplate.media.container import open_input
from cleanplate.media.info import ClipInfo
from cleanplate.media.plan import ExportPlan

_BIT_RATE_PER_CHANNEL = 96_000
# Keys that the ISO base media muxer stores without being told to.
_PLAIN_KEYS = {
    "title", "artist", "album", "album_artist", "comment", "composer", "copyright", "date",
    "description", "genre", "grouping", "lyrics", "show", "synopsis", "track", "location",
    "creation_time", "timecode", "language", "year", "make", "model", "keywords", "episode_id",
    "network", "season_number", "episode_sort", "hd_video", "media_type", "disc",
}  # fmt: skip


class Span:
    """The stretch of the source that goes along, in seconds on its clock, and its shift.

    Times in the output are those of the source minus `shift`; `end` None means to its end.
    """

    def __init__(self, start: Fraction | None, end: Fraction | None, shift: Fraction) -> None:
        self.start, self.end, self.shift = start, end, shift


class Tracks:
    """Copies and re-encodes the other tracks of a source, in step with the video.

    `advance` is called with the video's time, so that nothing piles up in memory.
    """

    def __init__(self, plan: ExportPlan, info: ClipInfo, output: OutputContainer) -> None:
        self._source = open_input(info.path)
        self._output = output
        self._lanes: dict[int, _Lane] = {}
        for track, action in plan.audio:
            stream = self._source.streams[track.stream]
            make = _Copied if action == "copy" else _EncodedAudio
            self._lanes[track.stream] = make(stream, output, action)
        for track, action in plan.subtitles:
            stream = self._source.streams[track.stream]
            make = _Copied if action == "copy" else _ConvertedSubtitles
            self._lanes[track.stream] = make(stream, output, action)
        for stream in self._source.streams:
            if stream.type == "attachment" and plan.container == "matroska":
                output.add_stream_from_template(stream)
        self._packets: Iterator[av.Packet] | None = None
        self._waiting: av.Packet | None = None
        self.warnings: list[str] = []

    def start(self, span: Span) -> None:
        """Go to the stretch that is wanted."""
        self._span = span
        if not self._lanes:
            self._packets = iter(())
            return
        streams = [self._source.streams[index] for index in self._lanes]
        if span.start is not None:
            # A second early, for subtitles that began before and packets out of order.
            early = max(Fraction(0), span.start - 1)
            self._source.seek(int(early * av.time_base))
        for lane in self._lanes.values():
            lane.span = span
        self._packets = self._source.demux(*streams)

    def advance(self, until: Fraction | None) -> None:
        """Write everything up to `until`, seconds on the source's clock; None for all."""
        while (packet := self._next()) is not None:
            begin = _begin(packet)
            if until is not None and begin is not None and begin > until:
                self._waiting = packet
                return
            if packet.size:
                for out in self._lanes[packet.stream.index].take(packet):
                    self._output.mux(out)

    def finish(self, end: Fraction | None) -> None:
        """Write the rest, up to `end` on the source's clock if given, and close the source."""
        self._span.end = end
        self.advance(None if end is None else end + 1)
        for lane in self._lanes.values():
            for out in lane.end():
                self._output.mux(out)
        self.close()

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _next(self) -> av.Packet | None:
        if self._waiting is not None:
            packet, self._waiting = self._waiting, None
            return packet
        try:
            return next(self._packets)
        except StopIteration:
            return None
        except av.error.FFmpegError:
            self.warnings.append("The sound ends early: the source is damaged there.")
            return None


def _begin(packet: av.Packet) -> Fraction | None:
    time = packet.pts if packet.pts is not None else packet.dts
    return None if time is None else time * packet.time_base


class _Lane(ABC):
    """One track on its way from source to output."""

    span: Span

    @abstractmethod
    def take(self, packet: av.Packet) -> Iterator[av.Packet]:
        """What goes into the output for one packet of the source."""

    def end(self) -> Iterator[av.Packet]:
        return iter(())

    def _inside(self, packet: av.Packet) -> bool:
        begin = _begin(packet)
        if begin is None:
            return True
        finish = begin + (packet.duration or 0) * packet.time_base
        after = self.span.start is None or finish > self.span.start
        return after and (self.span.end is None or begin < self.span.end)


class _Copied(_Lane):
    """Packets as they are; at the ends of a stretch, whole packets that overlap it.

    Matroska has no negative times but for the priming that a codec declares: packets before it
    are left out there, as the muxer would move the picture instead.
    """

    def __init__(self, stream, output: OutputContainer, action: str) -> None:
        self._out = output.add_stream_from_template(stream)
        _describe(self._out, stream)
        self._not_before_zero = "matroska" in output.format.name or output.format.name == "webm"
        self._primed = "matroska" in stream.container.format.name

    def take(self, packet: av.Packet) -> Iterator[av.Packet]:
        if not self._inside(packet) or packet.is_corrupt:
            return
        if self._out.type == "subtitle" and packet.pts is not None:
            _clip_to_start(packet, self.span)
            packet.stream = self._out
            yield packet
            return
        shift = round(self.span.shift / packet.time_base)
        if packet.pts is not None:
            packet.pts -= shift
        if packet.dts is not None:
            packet.dts -= shift
        primed = self._primed and self.span.start is None
        if self._not_before_zero and not primed and (_begin(packet) or 0) < 0:
            return
        packet.stream = self._out
        yield packet


class _EncodedAudio(_Lane):
    """Sound decoded and encoded anew, cut to the sample at the ends of a stretch."""

    def __init__(self, stream, output: OutputContainer, action: str) -> None:
        self._in = stream.codec_context
        self._out = output.add_stream(action, rate=_sample_rate(action, self._in.sample_rate))
        context = self._out.codec_context
        context.layout = self._in.layout.name
        if action in ("aac", "libopus"):
            context.bit_rate = _BIT_RATE_PER_CHANNEL * self._in.layout.nb_channels
        _describe(self._out, stream)
        self._base = stream.time_base
        self._graph: Graph | None = None
        self._resampler: AudioResampler | None = None
        self._next: int | None = None

    def take(self, packet: av.Packet) -> Iterator[av.Packet]:
        if not self._inside(packet):
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return
        for frame in frames:
            yield from self._encode(frame)

    def end(self) -> Iterator[av.Packet]:
        try:
            for frame in self._in.decode(None):
                yield from self._encode(frame)
        except av.error.FFmpegError:  # a damaged end: what could be decoded before it is kept
            pass
        if self._resampler is not None:
            for frame in self._resampler.resample(None):
                yield from self._put(frame)
        if self._next is not None:
            yield from self._out.encode(None)

    def _encode(self, frame) -> Iterator[av.Packet]:
        if frame.time_base is None:
            frame.time_base = self._base
        frame = self._cut(frame)
        if frame is None:
            return
        if self._resampler is None:
            context = self._out.codec_context
            self._resampler = AudioResampler(
                format=context.format.name, layout=context.layout.name, rate=context.sample_rate
            )
            start = frame.pts * frame.time_base - self.span.shift
            self._next = round(start * context.sample_rate)
        for part in self._resampler.resample(frame):
            yield from self._put(part)

    def _put(self, part) -> Iterator[av.Packet]:
        part.pts = self._next
        part.time_base = Fraction(1, self._out.codec_context.sample_rate)
        self._next += part.samples
        yield from self._out.encode(part)

    def _cut(self, frame):
        """The part of `frame` inside the stretch, None for nothing."""
        start = frame.pts * frame.time_base
        rate = frame.sample_rate
        first, last = 0, frame.samples
        if self.span.start is not None:
            first = max(0, round((self.span.start - start) * rate))
        if self.span.end is not None:
            last = min(last, round((self.span.end - start) * rate))
        if first >= last:
            return None
        if (first, last) == (0, frame.samples):
            return frame
        data = frame.to_ndarray()
        width = 1 if frame.format.is_planar else frame.layout.nb_channels
        part = av.AudioFrame.from_ndarray(
            data[:, first * width : last * width].copy(), frame.format.name, frame.layout.name
        )
        part.sample_rate = rate
        part.time_base = Fraction(1, rate)
        part.pts = round(start * rate) + first
        return part


class _ConvertedSubtitles(_Lane):
    """Text subtitles written in the form that the container takes."""

    def __init__(self, stream, output: OutputContainer, action: str) -> None:
        self._in = stream.codec_context
        self._out = output.add_stream(action)
        self._in.open(strict=False)
        # The encoders parse the events by the header of the decoder, which exists once open.
        self._out.codec_context.subtitle_header = self._in.subtitle_header
        self._out.time_base = stream.time_base
        _describe(self._out, stream)

    def take(self, packet: av.Packet) -> Iterator[av.Packet]:
        if not self._inside(packet):
            return
        try:
            subtitles = self._in.decode2(packet)
        except av.error.FFmpegError:
            return
        if not subtitles:
            return
        for rect in subtitles:
            line = SubtitleSet.create(
                bytes(rect.ass), 0, int((packet.duration or 0) * packet.time_base * 1000)
            )
            out = self._out.codec_context.encode_subtitle(line)
            out.stream = self._out
            out.time_base = packet.time_base
            out.pts = out.dts = packet.pts
            out.duration = packet.duration
            _clip_to_start(out, self.span)
            yield out


def _clip_to_start(packet: av.Packet, span: Span) -> None:
    """Shift a subtitle with its stretch; one that began before it begins with it."""
    first = packet.pts
    if span.start is not None:
        first = max(first, -(-span.start // packet.time_base))
    shift = round(span.shift / packet.time_base)
    if packet.duration:
        packet.duration = max(1, packet.duration - (first - packet.pts))
    packet.pts = packet.dts = first - shift


def _sample_rate(encoder: str, rate: int) -> int:
    if encoder != "libopus":
        return rate
    return rate if rate in (8000, 12000, 16000, 24000, 48000) else 48000


def _describe(new, old) -> None:
    """Language, title and disposition of a track."""
    keep = {k: v for k, v in old.metadata.items() if k in ("language", "title", "handler_name")}
    new.metadata.update(keep)
    new.disposition = Disposition(int(old.disposition))


def write_metadata(output: OutputContainer, info: ClipInfo, span: Span) -> None:
    """The file's metadata and chapters, the latter cut to the stretch and shifted with it."""
    output.metadata.update(info.metadata)
    chapters = []
    for number, chapter in enumerate(info.chapters):
        start, end = chapter.start, chapter.end
        if span.start is not None:
            start = max(start, span.start)
        if span.end is not None:
            end = min(end, span.end)
        if end <= start:
            continue
        base = Fraction(1, 1000)
        chapters.append(
            {
                "id": number + 1,
                "start": round((start - span.shift) / base),
                "end": round((end - span.shift) / base),
                "time_base": base,
                "metadata": {"title": chapter.title} if chapter.title else {},
            }
        )
    if chapters:
        output.set_chapters(chapters)


def needs_free_keys(info: ClipInfo) -> bool:
    """Whether some metadata has keys that MP4 and MOV only store when told to take any."""
    return any(key.split("-")[0].lower() not in _PLAIN_KEYS for key in info.metadata)
