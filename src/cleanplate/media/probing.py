"""What a clip is, from its headers and its first frame."""

from __future__ import annotations

import dataclasses
import itertools
import stat
import struct
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.stream import VideoStream

from cleanplate.errors import MediaError
from cleanplate.media import sequence
from cleanplate.media.colour import colour_of, side_data
from cleanplate.media.container import open_input
from cleanplate.media.decoder import Decoder
from cleanplate.media.frame import alpha_plane
from cleanplate.media.info import AudioTrack, Chapter, ClipInfo, SubtitleTrack
from cleanplate.media.orientation import Orientation, matrix_of
from cleanplate.media.pixels import layout
from cleanplate.media.timing import first_times

_TEXT_SUBTITLES = {"mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text", "ttml"}
# Keys that muxers write of their own accord and that would be wrong in another file.
_OWN_KEYS = {
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration", "alpha_mode",
    "_statistics_tags", "_statistics_writing_app", "_statistics_writing_date_utc", "bps",
    "number_of_frames", "number_of_bytes", "vendor_id",
}  # fmt: skip
# Longer than this at the start and the file has no usable duration (broken fragment headers).
_LONGEST = Fraction(30 * 24 * 3600)


_MOST = 4
"""Files whose facts are remembered."""

_remembered: dict[tuple, ClipInfo] = {}
_remembering = threading.Lock()


def probe(path: str | Path, rate: Fraction | None = None) -> ClipInfo:
    """Say what the clip at `path` is: a video, a GIF, one picture, or a folder of frames.

    A folder may also be given as a printf pattern (`frames/%05d.png`) or a glob. `rate` is the
    frame rate of a folder, which has none of its own. The facts of the files that were asked for
    last are remembered, for as long as the files stay the same.

    Raises:
        MediaError: there is no such file, no picture in it, or none that can be decoded.
    """
    path = Path(path)
    try:
        facts = path.stat()
    except (OSError, ValueError):  # a pattern, or nothing at all
        return _probe(path, rate)
    if not stat.S_ISREG(facts.st_mode):
        return _probe(path, rate)
    key = (path, rate, facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    with _remembering:
        known = _remembered.get(key)
    if known is None:
        known = _probe(path, rate)
        with _remembering:
            _remembered[key] = known
            while len(_remembered) > _MOST:
                del _remembered[next(iter(_remembered))]
    return dataclasses.replace(known, warnings=list(known.warnings))


def _probe(path: Path, rate: Fraction | None) -> ClipInfo:
    files = sequence.find(path)
    info = _probe_frames(path, files, rate) if files else _probe_video(path)
    from cleanplate.media.plan import plan_like_source

    kept, lost = plan_like_source(info)
    return dataclasses.replace(info, kept=kept, lost=lost)


def _probe_video(path: Path) -> ClipInfo:
    with open_input(path) as container:
        _refuse_undescribed(path, container)
        stream = _main_video(path, container)
        first = _first_picture(path, container, stream)
        native = first.native
        matrix = display_matrix(native)
        orientation = Orientation.from_matrix(matrix)
        warnings = []
        if orientation is None:
            warnings.append("The rotation flag is no multiple of 90 degrees and is ignored.")
            orientation, matrix = Orientation(), None
        width, height = orientation.size(native.width, native.height)
        own = layout(native.format.name)
        colour = colour_of(native)
        if stream.color_range == 2 and colour.range == "unspecified":
            colour = dataclasses.replace(colour, range="full")
        duration = _duration(container, stream)
        times = first_times(path, stream.index)
        variable = _is_variable(stream, times)
        rate = _rate(stream, times, variable)
        interlaced = bool(native.interlaced_frame) or stream.codec_context.field_order > 1
        if interlaced:
            warnings.append(
                "The clip is interlaced: its fields are woven into whole frames (bwdif), one "
                "for one."
            )
        return ClipInfo(
            path=path,
            kind="video",
            width=width,
            height=height,
            frame_count=_frame_count(container, stream, duration, rate),
            rate=rate,
            variable_rate=variable,
            time_base=stream.time_base,
            start=first.pts * stream.time_base,
            duration=duration,
            container=container.format.name,
            codec=_codec_name(stream),
            pix_fmt=native.format.name,
            bit_depth=max(own.bits, 8),
            colour=colour,
            interlaced=interlaced,
            has_alpha=own.alpha and _alpha_used(native),
            rotation=orientation.rotation,
            mirror=orientation.mirrored,
            pixel_aspect=orient_aspect(_pixel_aspect(stream), orientation),
            audio=tuple(_audio(s) for s in container.streams.audio if s.codec_context),
            subtitles=tuple(_subtitle(s) for s in container.streams.subtitles),
            chapters=_chapters(container),
            metadata=_own_free(container.metadata),
            warnings=warnings,
            coded_width=native.width,
            coded_height=native.height,
            orientation=orientation,
            display_matrix=matrix,
            video_stream=stream.index,
            video_metadata=_own_free(stream.metadata),
            attachments=sum(s.type == "attachment" for s in container.streams),
            other_streams=_others(container, stream),
            first_pts=first.pts,
        )


def _probe_frames(path: Path, files: list[Path], rate: Fraction | None) -> ClipInfo:
    still = len(files) == 1 and files[0] == path
    picture = sequence.read_picture(files[0])
    native = picture.native
    matrix = picture.matrix
    orientation = Orientation.from_matrix(matrix) or Orientation()
    width, height = orientation.size(native.width, native.height)
    own = layout(native.format.name)
    warnings = []
    if rate is None:
        rate = Fraction(25)
        if not still:
            warnings.append("A folder of frames has no frame rate: 25 a second is taken.")
    return ClipInfo(
        path=path,
        kind="image" if still else "frames",
        width=width,
        height=height,
        frame_count=len(files),
        rate=rate,
        variable_rate=False,
        time_base=1 / rate,
        start=Fraction(0),
        duration=len(files) / rate,
        container=files[0].suffix.lower().lstrip("."),
        codec=picture.codec,
        pix_fmt=native.format.name,
        bit_depth=max(own.bits, 8),
        colour=picture.colour,
        has_alpha=own.alpha and _alpha_used(native),
        rotation=orientation.rotation,
        mirror=orientation.mirrored,
        pixel_aspect=Fraction(1),
        warnings=warnings,
        coded_width=native.width,
        coded_height=native.height,
        orientation=orientation,
        display_matrix=matrix,
        files=tuple(files),
    )


def _refuse_undescribed(path: Path, container: InputContainer) -> None:
    for stream in container.streams:
        described = stream.codec_context is not None
        if stream.type in ("video", "audio") and not described and "mov" in container.format.name:
            raise MediaError(
                f"{path} is damaged: its {stream.type} track {stream.index} has no sample "
                "description (stsd box). Export it again from where it was made."
            )


def _main_video(path: Path, container: InputContainer) -> VideoStream:
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not moving:
        kinds = sorted({s.type for s in container.streams})
        raise MediaError(
            f"{path} has no video track ({', '.join(kinds) or 'no tracks at all'}). "
            "Choose a file with pictures in it."
        )
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise MediaError(
            f"{path}: no decoder for its video codec. Convert it with the program that made it."
        )
    return stream


def _first_picture(path: Path, container: InputContainer, stream: VideoStream):
    decoder = Decoder(container, stream, interlaced=False)
    for picture in decoder.pictures():
        return picture
    raise MediaError(
        f"{path}: not one frame of its {_codec_name(stream)} video can be decoded; the file is "
        "damaged. Copy or download it again."
    )


def display_matrix(native: av.VideoFrame) -> tuple[int, ...] | None:
    """The display matrix that a frame carries, None for none or for one that says nothing."""
    for item in side_data(native):
        if item.type == SideDataType.DISPLAYMATRIX:
            try:
                matrix = matrix_of(bytes(item))
            except struct.error:
                return None
            return matrix if any(matrix) else None
    return None


def _rate(stream: VideoStream, times: list[int], variable: bool) -> Fraction:
    """Frames a second: the nominal rate of an even rhythm, the average of an uneven one."""
    known = [r for r in (stream.average_rate, stream.guessed_rate, stream.base_rate)
             if r and 0 < r <= 1000]  # fmt: skip
    if not variable and len(times) > 2 and times[-1] > times[0]:
        found = (len(times) - 1) / ((times[-1] - times[0]) * stream.time_base)
        near = [r for r in known if abs(r / found - 1) < Fraction(1, 100)]
        # The average counts the last frame's length, which may be odd.
        return min(near or [found], key=lambda r: abs(r / found - 1))
    return Fraction(known[0]) if known else Fraction(25)


def _is_variable(stream: VideoStream, first: list[int]) -> bool:
    """Whether frames come at uneven intervals, by the headers and the `first` times."""
    gaps = {b - a for a, b in itertools.pairwise(first)}
    entries = stream.index_entries
    if stream.frames and len(entries) == stream.frames:
        # The last frame's length is not among these, and does not count.
        times = [entry.timestamp for entry in entries]
        gaps |= {b - a for a, b in itertools.pairwise(times)}
    # A rate that the time base cannot hold alternates between neighbouring ticks.
    return bool(gaps) and max(gaps) - min(gaps) > 1


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration:
        length = stream.duration * stream.time_base
        if length < _LONGEST:
            return length
    if container.duration:
        length = Fraction(container.duration, av.time_base)
        if length < _LONGEST:
            return length
    return None


def _frame_count(container, stream: VideoStream, duration, rate: Fraction) -> int | None:
    if stream.frames:
        return stream.frames
    return round(duration * rate) if duration else None


def _pixel_aspect(stream: VideoStream) -> Fraction:
    aspect = stream.sample_aspect_ratio
    return Fraction(aspect) if aspect else Fraction(1)


def orient_aspect(aspect: Fraction, orientation: Orientation) -> Fraction:
    """The pixel aspect of the upright picture from that of the stored one, or back."""
    return 1 / aspect if orientation.transpose else aspect


def _alpha_used(native: av.VideoFrame) -> bool:
    alpha = alpha_plane(native)
    return bool((alpha != np.iinfo(alpha.dtype).max).any())


def _codec_name(stream: VideoStream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def _audio(stream) -> AudioTrack:
    context = stream.codec_context
    return AudioTrack(
        stream=stream.index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=context.layout.name,
        start=(stream.start_time or 0) * stream.time_base,
        language=_language(stream),
        title=stream.metadata.get("title"),
        default=bool(stream.disposition & Disposition.default),
    )


def _subtitle(stream) -> SubtitleTrack:
    context = stream.codec_context
    codec = context.codec.canonical_name if context else "unknown"
    return SubtitleTrack(
        stream=stream.index,
        codec=codec,
        text=codec in _TEXT_SUBTITLES,
        language=_language(stream),
        title=stream.metadata.get("title"),
        default=bool(stream.disposition & Disposition.default),
    )


def _language(stream) -> str | None:
    language = stream.metadata.get("language")
    return None if language in (None, "und") else language


def _chapters(container: InputContainer) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            chapter["start"] * chapter["time_base"],
            chapter["end"] * chapter["time_base"],
            chapter["metadata"].get("title"),
        )
        for chapter in container.chapters()
    )


def _others(container: InputContainer, chosen: VideoStream) -> tuple[str, ...]:
    """Streams that no export carries over, in words."""
    words = []
    for stream in container.streams:
        if stream.type == "video" and stream.index != chosen.index:
            if stream.disposition & Disposition.attached_pic:
                words.append(f"cover picture (track {stream.index})")
            else:
                words.append(
                    f"video track {stream.index} ({stream.width}x{stream.height}); only the main "
                    "one is worked on"
                )
        elif stream.type in ("data", "unknown"):
            words.append(f"data track {stream.index}")
        elif stream.type == "audio" and stream.codec_context is None:
            words.append(f"audio track {stream.index}, in a codec unknown to FFmpeg")
    return tuple(words)


def _own_free(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if key.lower() not in _OWN_KEYS}
