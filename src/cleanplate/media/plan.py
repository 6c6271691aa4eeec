"""What an export will be: codec, pixel format, tracks, and what of the source it cannot keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cleanplate.errors import CleanplateError, UsageError
from cleanplate.media import codecs, keeping
from cleanplate.media.codecs import Codec
from cleanplate.media.info import AudioTrack, ClipInfo, SubtitleTrack
from cleanplate.media.keeping import LABELS
from cleanplate.media.pixels import layout, planar_name
from cleanplate.media.settings import ExportSettings

EVERY_FRAME = "every frame"
"""What is kept of a clip that is written whole."""

# File extensions and the FFmpeg muxers behind them.
CONTAINERS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm",
    ".gif": "gif", ".webp": "webp",
}  # fmt: skip
PICTURES = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg"}

_FAMILY = {
    "h264": "h264", "hevc": "h265", "av1": "av1", "vp9": "vp9", "vp8": "vp9", "prores": "prores",
    "ffv1": "ffv1",
}  # fmt: skip
_DEFAULT = {"mp4": "h264", "mov": "h264", "matroska": "h264", "webm": "vp9", "gif": "gif",
            "webp": "webp"}  # fmt: skip
_ALPHA = {"mov": "prores4444", "webm": "vp9", "matroska": "ffv1"}
# When the codec that comes first cannot be lossless for a source, try these.
_LOSSLESS = {"mp4": ("h264", "h265", "vp9"), "mov": ("h264", "h265"), "matroska": ("ffv1",),
             "webm": ("vp9",)}  # fmt: skip


@dataclass(frozen=True)
class ExportPlan:
    """How one clip goes into one file.

    `container` is FFmpeg's muxer, or `png`, `tiff`, `jpeg` for pictures. `source_format` is the
    pixel format that pixels are put together in, `pix_fmt` what the encoder gets. `turn` says
    that the pixels themselves are turned upright, as the container has no rotation flag.
    `audio` and `subtitles` pair each track that goes along with `copy` or an encoder.
    """

    output: Path
    container: str
    codec: Codec
    source_format: str
    pix_fmt: str
    options: dict[str, str]
    turn: bool
    audio: tuple[tuple[AudioTrack, str], ...] = ()
    subtitles: tuple[tuple[SubtitleTrack, str], ...] = ()
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def pictures(self) -> bool:
        """True where the output is picture files and not one video."""
        return self.container in ("png", "tiff", "jpeg")


def plan_export(
    info: ClipInfo, output: str | Path, settings: ExportSettings | None = None
) -> ExportPlan:
    """Decide how `info` is written to `output`, and say what is kept and what is not.

    Raises:
        UsageError: an unknown extension or codec, or a codec that the container does not take
            or that cannot do what `settings` asks of this clip.
    """
    settings = settings or ExportSettings()
    output = Path(output)
    container = container_of(output, info, settings)
    chosen = _choose_codec(info, container, settings)
    codecs.require(chosen)
    turn = not info.orientation.upright and not _keeps_rotation(container, info)
    source = turned_format(info.pix_fmt) if turn and info.orientation.transpose else info.pix_fmt
    chosen, pix_fmt = _choose_pixels(info, source, chosen, container, settings)
    own = layout(pix_fmt)
    kept, lost = [EVERY_FRAME], []
    keeping.time(info, container, kept, lost)
    keeping.pixels(info, layout(source), own, chosen, kept, lost)
    keeping.geometry(info, container, chosen, turn, kept, lost)
    audio = keeping.audio(info, container, settings, kept, lost)
    subtitles = keeping.subtitles(info, container, settings, kept, lost)
    keeping.extras(info, container, settings, kept, lost)
    return ExportPlan(
        output=output,
        container=container,
        codec=chosen,
        source_format=source,
        pix_fmt=pix_fmt,
        options=codecs.options(chosen, settings, own, info.colour, info.width * info.height),
        turn=turn,
        audio=audio,
        subtitles=subtitles,
        kept=kept,
        lost=lost,
    )


def plan_like_source(info: ClipInfo) -> tuple[list[str], list[str]]:
    """The `kept` and `lost` lines of an export to the same kind of file."""
    suffix = info.path.suffix.lower()
    if info.kind == "video":
        name = "out" + (suffix if suffix in CONTAINERS else ".mp4")
    else:
        kind = f".{info.container}"
        name = "out_%05d" + (kind if kind in PICTURES else ".png")
    try:
        plan = plan_export(info, Path(name))
    except CleanplateError as error:
        return [], [str(error)]
    note = []
    if info.kind == "video" and suffix not in CONTAINERS:
        note = [f"{suffix or 'this container'} files are not written; said of an MP4"]
    return plan.kept, note + plan.lost


def container_of(output: Path, info: ClipInfo | None, settings: ExportSettings) -> str:
    """The muxer, or the kind of picture, that the name of `output` asks for."""
    suffix = output.suffix.lower()
    if suffix in CONTAINERS:
        return CONTAINERS[suffix]
    if suffix in PICTURES:
        return PICTURES[suffix]
    if not suffix or output.is_dir():
        wanted = codecs.codec(settings.codec).name if settings.codec else None
        if wanted in ("png", "tiff", "jpeg"):
            return wanted
        same = info.container if info is not None and info.kind != "video" else ""
        return PICTURES.get("." + same, "png")
    raise UsageError(
        f"{output}: no format is known by the ending {suffix}. Use one of "
        f"{' '.join([*CONTAINERS, *PICTURES])}, or a folder for a sequence of pictures."
    )


def turned_format(name: str) -> str:
    """The pixel format of a picture in format `name` after its rows have become columns."""
    own = layout(name)
    if own.shift_x == own.shift_y:
        return name
    if (own.shift_x, own.shift_y) in ((1, 0), (0, 1)) and not own.alpha:
        return planar_name(own.shift_y, own.shift_x, own.bits)
    return planar_name(0, 0, own.bits, own.alpha)


def _keeps_rotation(container: str, info: ClipInfo) -> bool:
    # Matroska has a rotation, but no mirror, in what FFmpeg writes of it.
    return container in ("mp4", "mov")


def _choose_codec(info: ClipInfo, container: str, settings: ExportSettings) -> Codec:
    if container in ("png", "tiff", "jpeg", "gif", "webp"):
        own = codecs.codec(container)
        if settings.codec and codecs.codec(settings.codec) is not own:
            raise UsageError(
                f"{codecs.codec(settings.codec).label} does not go into {own.label} files; "
                "leave the codec out, or choose another ending."
            )
        return own
    if settings.codec:
        name = codecs.codec(settings.codec).name
        if name == "prores" and info.has_alpha:
            name = "prores4444"
        chosen = codecs.codec(name)
        if min(info.width, info.height) < chosen.smallest:
            raise UsageError(
                f"{chosen.label} holds nothing smaller than {chosen.smallest}x{chosen.smallest} "
                f"and this clip is {info.width}x{info.height}; choose h264 or vp9."
            )
        if container not in chosen.containers:
            fits = [s for s, c in CONTAINERS.items() if c in chosen.containers and s != ".m4v"]
            raise UsageError(
                f"{LABELS[container]} files do not take {chosen.label}; "
                + (f"use {' or '.join(fits)}." if fits else "it is for picture files.")
            )
        return chosen
    name = _FAMILY.get(info.codec, _DEFAULT[container])
    if info.colour.hdr and info.codec not in _FAMILY and container != "webm":
        name = "h265"
    if name == "prores" and (info.has_alpha or layout(info.pix_fmt).shift_x == 0):
        name = "prores4444"
    if container not in codecs.codec(name).containers:
        name = _DEFAULT[container]
    can_alpha = any(layout(f).alpha for f in codecs.codec(name).formats)
    if info.has_alpha and not can_alpha:
        name = _ALPHA.get(container, name)
    if min(info.width, info.height) < codecs.codec(name).smallest:
        name = "vp9" if container == "webm" else "h264"
    return codecs.codec(name)


def _choose_pixels(
    info: ClipInfo, source: str, chosen: Codec, container: str, settings: ExportSettings
) -> tuple[Codec, str]:
    """The codec, changed where it cannot do what is asked and need not stay, and its format."""
    if settings.quality != "lossless" or settings.crf is not None:
        return chosen, _format_for(info, source, chosen, container, settings)
    if chosen.name in ("png", "tiff", "gif", "webp"):
        return chosen, _format_for(info, source, chosen, container, settings)
    tries = [chosen]
    if settings.codec is None:
        tries += [codecs.codec(name) for name in _LOSSLESS.get(container, ())]
    if any(c.name == "h264" for c in tries):
        tries.append(codecs.codec("h264rgb"))
    for candidate in tries:
        pix_fmt = _format_for(info, source, candidate, container, settings)
        if candidate.lossless and codecs.same_samples(source, pix_fmt):
            return candidate, pix_fmt
    raise UsageError(
        f"{chosen.label} in {LABELS.get(container, container)} cannot hold {source} "
        "without loss; write to .mkv (FFV1) instead, or choose the quality best."
    )


def _format_for(
    info: ClipInfo, source: str, chosen: Codec, container: str, settings: ExportSettings
) -> str:
    own = layout(source)
    candidates = chosen.formats
    if container == "mp4":
        # VP9's alpha is a second stream beside the first, which only Matroska and WebM carry.
        candidates = tuple(name for name in candidates if not layout(name).alpha)
    if own.alpha and not info.has_alpha:
        opaque = tuple(f for f in candidates if not layout(f).alpha)
        candidates = opaque or candidates
        source = _without_alpha(source)
    if chosen.name == "jpeg" and own.family != "yuv":
        return "yuv420p" if settings.quality == "draft" else "yuv444p"
    if chosen.even_chroma:
        whole = info.orientation.size(info.width, info.height)
        candidates = tuple(
            f for f in candidates
            if not (whole[0] % (1 << layout(f).shift_x) or whole[1] % (1 << layout(f).shift_y))
        )  # fmt: skip
    fine = settings.quality in ("best", "lossless")
    return codecs.choose_format(source, candidates, fine)


def _without_alpha(name: str) -> str:
    own = layout(name)
    if own.family == "yuv":
        return planar_name(own.shift_x, own.shift_y, own.bits)
    return {"rgba": "rgb24", "rgba64le": "rgb48le"}.get(name, name.replace("gbrap", "gbrp"))
