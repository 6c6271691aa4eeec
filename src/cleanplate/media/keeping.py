"""What of a source goes into an export and what does not, said in one line each.

Every function adds its lines to `kept` and `lost`.
"""

from __future__ import annotations

from fractions import Fraction

from cleanplate.media.codecs import Codec
from cleanplate.media.info import AudioTrack, ClipInfo, SubtitleTrack
from cleanplate.media.pixels import PixelLayout
from cleanplate.media.settings import ExportSettings

LABELS = {
    "mp4": "MP4",
    "mov": "MOV",
    "matroska": "MKV",
    "webm": "WebM",
    "gif": "GIF",
    "webp": "WebP",
}

_COPY_AUDIO = {
    "mp4": {"aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac"},
    "mov": {
        "aac", "mp3", "mp2", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le",
        "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_s8",
        "pcm_alaw", "pcm_mulaw",
    },
    "webm": {"opus", "vorbis"},
    "matroska": {
        "aac", "mp3", "mp2", "mp1", "ac3", "eac3", "alac", "opus", "vorbis", "flac", "dts",
        "truehd", "mlp", "tta", "wavpack", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be",
        "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f64le", "pcm_u8",
    },
}  # fmt: skip
_NEW_AUDIO = {"mp4": "aac", "mov": "aac", "webm": "libopus", "matroska": "flac"}
_LOSSLESS_AUDIO = {"mp4": "alac", "mov": "alac", "matroska": "flac"}
_COPY_SUBTITLES = {
    "mp4": {"mov_text"},
    "mov": {"mov_text"},
    "webm": {"webvtt"},
    "matroska": {"subrip", "srt", "ass", "ssa", "webvtt", "text", "hdmv_pgs_subtitle",
                 "dvd_subtitle", "dvb_subtitle"},
}  # fmt: skip
_NEW_SUBTITLES = {"mp4": "mov_text", "mov": "mov_text", "webm": "webvtt", "matroska": "subrip"}
# The finest tick, in seconds, of containers that have one of their own.
_TICK = {"matroska": Fraction(1, 1000), "webm": Fraction(1, 1000), "gif": Fraction(1, 100),
         "webp": Fraction(1, 1000)}  # fmt: skip


def time(info: ClipInfo, container: str, kept: list[str], lost: list[str]) -> None:
    """Timestamps, to the tick of the container."""
    if container in ("png", "tiff", "jpeg"):
        if info.kind == "video":
            lost.append("timestamps: pictures have none")
        return
    tick = _TICK.get(container)
    if tick is None or (info.time_base / tick).denominator == 1:
        kept.append("every timestamp" + (" (variable frame rate)" if info.variable_rate else ""))
    else:
        lost.append(f"timestamps are rounded to {1000 * tick} ms ({LABELS[container]})")


def pixels(
    info: ClipInfo,
    own: PixelLayout,
    new: PixelLayout,
    chosen: Codec,
    kept: list[str],
    lost: list[str],
) -> None:
    """Depth, transparency, chroma, colour tags and HDR, from format `own` to format `new`."""
    if chosen.name == "gif":
        if info.codec != "gif":
            lost.append("colours: GIF has 256 in a frame")
        if info.has_alpha and info.codec != "gif":
            lost.append("transparency in between: in a GIF a pixel is opaque or not there at all")
        return
    pictures = chosen.name in ("png", "tiff")
    if own.bits > new.bits:
        lost.append(f"bit depth: {own.bits} bits become {new.bits} ({chosen.label})")
    elif own.bits > 8:
        kept.append(f"{own.bits}-bit samples")
    if info.has_alpha:
        if new.alpha:
            kept.append("transparency")
        else:
            lost.append(
                f"transparency: {chosen.label} holds none here; .mov (ProRes 4444), .webm (VP9) "
                "or .mkv (FFV1) do"
            )
    if own.family == "yuv" and new.family == "yuv":
        if new.shift_x > own.shift_x or new.shift_y > own.shift_y:
            lost.append(f"chroma: {own.subsampling} becomes {new.subsampling} ({chosen.label})")
        elif chosen.even_chroma and (new.shift_x, new.shift_y) != (own.shift_x, own.shift_y):
            lost.append(
                f"{own.subsampling}: {chosen.label} needs an even size for it, so the file is "
                f"{new.subsampling}, which some players do not play; .webm keeps it"
            )
    elif own.family == "rgb" and new.family == "yuv" and not info.repainted:
        lost.append(f"RGB samples: {chosen.label} stores YCbCr {new.subsampling}")
    elif own.family == "yuv" and pictures:
        lost.append(f"YCbCr samples: {chosen.label} stores RGB")
    if chosen.name == "jpeg":
        lost.append("colour tags: JPEG is always BT.601, full range; converted")
        return
    if chosen.limited_range and info.colour.range == "full":
        lost.append(f"full range: {chosen.label} is limited range; the samples are converted")
    tags = [t for t in (info.colour.primaries, info.colour.transfer, info.colour.matrix)
            if t not in ("unspecified", "gbr")]  # fmt: skip
    if tags or info.colour.range != "unspecified":
        text = "/".join(dict.fromkeys(tags)) or "untagged"
        kept.append(f"colour: {text}, {info.colour.range} range")
    if info.colour.hdr:
        kept.append("HDR")
    if info.colour.mastering or info.colour.light:
        if chosen.name in ("h264", "h265", "av1"):
            kept.append("HDR mastering and light levels")
        else:
            lost.append(f"HDR mastering and light levels: not written with {chosen.label}")


def geometry(
    info: ClipInfo, container: str, chosen: Codec, turn: bool, kept: list[str], lost: list[str]
) -> None:
    """Rotation, pixel aspect and fields; `turn` says that pixels are turned upright."""
    if not info.orientation.upright:
        if turn:
            lost.append("rotation flag: the pixels themselves are turned upright instead")
        else:
            kept.append("rotation flag")
    if info.pixel_aspect != 1:
        if container in ("tiff", "jpeg", "png", "gif", "webp"):
            lost.append(f"pixel aspect {info.pixel_aspect}: not written to pictures")
        elif container in ("webm", "matroska") and chosen.name not in ("h264", "h265"):
            # FFmpeg's muxer takes it from a field that PyAV does not set.
            lost.append(
                f"pixel aspect {info.pixel_aspect}: not written to {LABELS[container]} with "
                f"{chosen.label}; .mp4 and .mov hold it"
            )
        else:
            kept.append(f"pixel aspect {info.pixel_aspect}")
    if info.interlaced:
        lost.append("interlacing: fields are woven into whole frames")


def audio(
    info: ClipInfo, container: str, settings: ExportSettings, kept: list[str], lost: list[str]
) -> tuple[tuple[AudioTrack, str], ...]:
    """Each audio track that goes along, with `copy` or the encoder for it."""
    if not info.audio:
        return ()
    count = f"{len(info.audio)} audio track{'s' if len(info.audio) > 1 else ''}"
    if container not in _COPY_AUDIO:
        lost.append(f"{count}: pictures hold no sound")
        return ()
    if not settings.audio:
        lost.append(f"{count}: left out as asked")
        return ()
    actions = []
    for track in info.audio:
        if track.codec in _COPY_AUDIO[container]:
            actions.append((track, "copy"))
            continue
        exact = track.codec.startswith("pcm_") or track.codec in ("flac", "alac", "truehd", "mlp")
        encoder = _NEW_AUDIO[container]
        if exact:
            encoder = _LOSSLESS_AUDIO.get(container, encoder)
        elif container == "matroska":
            encoder = "aac"
        actions.append((track, encoder))
        name = encoder.removeprefix("lib")
        lost.append(
            f"audio track {track.stream} ({track.codec}): {LABELS[container]} does not take it, "
            f"encoded anew as {name}"
        )
    copied = sum(action == "copy" for _, action in actions)
    if copied:
        many = f"{copied} audio tracks, copied as they are"
        kept.append(many if copied > 1 else "the audio track, copied as it is")
    return tuple(actions)


def subtitles(
    info: ClipInfo, container: str, settings: ExportSettings, kept: list[str], lost: list[str]
) -> tuple[tuple[SubtitleTrack, str], ...]:
    """Each subtitle track that goes along, with `copy` or the encoder for it."""
    actions = []
    for track in info.subtitles:
        words = f"subtitle track {track.stream} ({track.codec})"
        if container not in _COPY_SUBTITLES:
            lost.append(f"{words}: pictures hold none")
        elif not settings.subtitles:
            lost.append(f"{words}: left out as asked")
        elif track.codec in _COPY_SUBTITLES[container]:
            actions.append((track, "copy"))
            kept.append(words)
        elif track.text:
            actions.append((track, _NEW_SUBTITLES[container]))
            kept.append(f"{words}, as {_NEW_SUBTITLES[container]}; styling may be simplified")
        else:
            lost.append(f"{words}: {LABELS[container]} does not take it; .mkv may")
    return tuple(actions)


def extras(
    info: ClipInfo, container: str, settings: ExportSettings, kept: list[str], lost: list[str]
) -> None:
    """Other streams, attachments, chapters and metadata."""
    lost.extend(info.other_streams)
    if info.attachments:
        if container == "matroska":
            kept.append(f"{info.attachments} attachments")
        else:
            lost.append(f"{info.attachments} attachments: only .mkv holds them")
    video = container in ("mp4", "mov", "matroska", "webm")
    if info.chapters:
        if video:
            kept.append(f"{len(info.chapters)} chapters")
        else:
            lost.append(f"{len(info.chapters)} chapters: pictures hold none")
    if info.metadata:
        if video and settings.metadata:
            kept.append(f"metadata ({', '.join(sorted(info.metadata))})")
        else:
            lost.append(f"metadata ({', '.join(sorted(info.metadata))})")
