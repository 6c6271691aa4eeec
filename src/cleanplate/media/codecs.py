"""The encoders: what each holds, which containers take it, what a quality means to it."""

from __future__ import annotations

from dataclasses import dataclass

from av.codec import codecs_available

from cleanplate.errors import UsageError
from cleanplate.media.info import Colour
from cleanplate.media.pixels import PixelLayout, canonical, layout
from cleanplate.media.settings import ExportSettings

# Rate factors: `good` is where blind comparisons no longer tell (x264 about 17, x265 about 18).
_CRF = {
    "h264": {"draft": 27, "good": 17, "best": 12},
    "h264rgb": {"draft": 27, "good": 17, "best": 12},
    "h265": {"draft": 29, "good": 17, "best": 12},
    "av1": {"draft": 42, "good": 18, "best": 10},
    "vp9": {"draft": 38, "good": 18, "best": 10},
}
_CRF_LIMIT = {"h264": 51, "h265": 51, "av1": 63, "vp9": 63}


@dataclass(frozen=True)
class Codec:
    """One codec that can be written: FFmpeg's `encoder`, its pixel formats, its containers.

    `even_chroma` says that subsampled chroma needs an even size; `smallest` is the least width
    and height in pixels; `limited_range` codecs have no full range.
    """

    name: str
    label: str
    encoder: str
    formats: tuple[str, ...]
    containers: frozenset[str]
    lossless: bool = True
    even_chroma: bool = False
    smallest: int = 1
    limited_range: bool = False


def _grid(stems: str, depths: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(s if d == 8 else f"{s}{d}le" for d in depths for s in stems.split())


_FILM = frozenset({"mp4", "mov", "matroska"})
_YUV = "yuv420p yuv422p yuv444p"
_CODECS = {
    codec.name: codec
    for codec in (
        Codec("h264", "H.264", "libx264", (*_grid(_YUV, (8, 10)), "gray", "gray10le"), _FILM, even_chroma=True),
        Codec("h265", "H.265", "libx265", _grid(_YUV + " gbrp gray", (8, 10, 12)), _FILM, even_chroma=True, smallest=16),
        Codec("av1", "AV1", "libsvtav1", _grid("yuv420p", (8, 10)), frozenset({"mp4", "matroska", "webm"}), lossless=False, smallest=4),
        Codec("h264rgb", "H.264 (RGB)", "libx264rgb", ("rgb24",), _FILM),
        Codec("vp9", "VP9", "libvpx-vp9", ("yuv420p", "yuva420p", "yuv422p", "yuv440p", "yuv444p", "gbrp"), frozenset({"webm", "matroska", "mp4"})),
        Codec("prores", "ProRes 422 HQ", "prores_ks", ("yuv422p10le",), frozenset({"mov", "matroska"}), lossless=False, limited_range=True),
        Codec("prores4444", "ProRes 4444", "prores_ks", ("yuv444p10le", "yuva444p10le"), frozenset({"mov", "matroska"}), lossless=False, limited_range=True),
        Codec("ffv1", "FFV1", "ffv1", (
            *_grid(_YUV, (8, 9, 10, 12, 14, 16)), *_grid("yuva420p yuva422p yuva444p", (8, 9, 10, 16)),
            "yuva422p12le", "yuva444p12le", "yuv440p", "yuv440p10le", "yuv440p12le", "yuv411p",
            "yuv410p", *_grid("gray", (8, 9, 10, 12, 14, 16)), "bgr0", "bgra",
            *_grid("gbrp", (9, 10, 12, 14, 16)), *_grid("gbrap", (10, 12, 14, 16)), "rgb48le",
            "rgba64le",
        ), frozenset({"matroska"})),
        Codec("png", "PNG", "png", ("rgb24", "rgba", "rgb48be", "rgba64be"), frozenset({"png"})),
        Codec("tiff", "TIFF", "tiff", ("rgb24", "rgba", "rgb48le", "rgba64le"), frozenset({"tiff"})),
        Codec("jpeg", "JPEG", "mjpeg", ("yuv420p", "yuv422p", "yuv444p"), frozenset({"jpeg"}), lossless=False),
        Codec("gif", "GIF", "gif", ("pal8",), frozenset({"gif"})),
        Codec("webp", "WebP", "libwebp_anim", ("bgra",), frozenset({"webp"})),
    )
}  # fmt: skip
_ALIASES = {
    "avc": "h264", "x264": "h264", "libx264": "h264", "hevc": "h265", "x265": "h265",
    "libx265": "h265", "libsvtav1": "av1", "libvpx-vp9": "vp9", "prores_hq": "prores",
    "prores422": "prores", "prores422hq": "prores", "prores_ks": "prores", "jpg": "jpeg",
    "mjpeg": "jpeg", "tif": "tiff",
}  # fmt: skip
# Formats that hold the very same samples in another order.
_SAME = (
    {"rgb24", "gbrp", "bgr0", "bgr24"}, {"rgba", "gbrap", "bgra"},
    {"rgb48le", "gbrp16le", "rgb48be"}, {"rgba64le", "gbrap16le", "rgba64be"},
)  # fmt: skip


def names() -> list[str]:
    """The codecs that can be asked for by name."""
    return [name for name in _CODECS if name != "h264rgb"]


def codec(name: str) -> Codec:
    """The codec called `name`, or by one of its other names.

    Raises:
        UsageError: there is none.
    """
    key = name.lower().replace(".", "").replace("-", "")
    key = _ALIASES.get(name.lower(), _ALIASES.get(key, key))
    if key not in _CODECS:
        raise UsageError(f"There is no codec {name!r} here; choose one of {', '.join(names())}.")
    return _CODECS[key]


def require(chosen: Codec) -> None:
    """Make sure that the FFmpeg at hand can encode `chosen`.

    Raises:
        UsageError: it was built without that encoder.
    """
    if chosen.encoder not in codecs_available:
        have = [c.name for c in _CODECS.values() if c.encoder in codecs_available]
        raise UsageError(
            f"The FFmpeg inside this PyAV cannot write {chosen.label} (no {chosen.encoder}). "
            f"Install PyAV from its wheels, or choose a codec it has: {', '.join(have)}."
        )


def same_samples(a: str, b: str) -> bool:
    """Whether two pixel formats hold the same samples, whatever their order."""
    return canonical(a) == canonical(b) or any(a in group and b in group for group in _SAME)


def choose_format(source: str, candidates: tuple[str, ...], fine_rgb: bool) -> str:
    """The pixel format among `candidates` that keeps most of `source`.

    Alpha counts first, then chroma, then depth; among those that keep as much, the leanest.
    RGB sources become 4:2:0 for codecs of YCbCr unless `fine_rgb` asks for 4:4:4.
    """
    own = layout(source)

    def cost(name: str) -> tuple:
        other = layout(name)
        chroma_x, chroma_y = own.shift_x, own.shift_y
        if own.family == "gray" or (own.family == "rgb" and not fine_rgb):
            chroma_x = chroma_y = 1
        coarser = max(0, other.shift_x - chroma_x) + max(0, other.shift_y - chroma_y)
        finer = max(0, chroma_x - other.shift_x) + max(0, chroma_y - other.shift_y)
        grey = other.family == "gray" and own.family != "gray"
        return (
            own.alpha and not other.alpha,
            grey,
            coarser,
            max(0, own.bits - other.bits),
            other.family != own.family,
            finer,
            max(0, other.bits - own.bits),
            other.alpha,
        )

    exact = [name for name in candidates if same_samples(source, name)]
    return exact[0] if exact else min(candidates, key=cost)


_LOOKS_FAR = 1920 * 1088
"""Pixels of the largest frames that x264 looks at as many of in advance as its presets say: it holds
some 23 MB for each at 4K."""

_LOOKS_NEAR = {"good": 20, "best": 30, "lossless": 20}
"""Frames that it looks at in advance where they are larger, by quality."""


def options(
    chosen: Codec, settings: ExportSettings, own: PixelLayout, colour: Colour, pixels: int
) -> dict:
    """FFmpeg options of the encoder for these settings, on frames of so many `pixels`."""
    quality = settings.quality
    if settings.crf is not None and settings.crf > _CRF_LIMIT.get(chosen.name, 63):
        raise UsageError(
            f"{chosen.label} takes rate factors of 0 to {_CRF_LIMIT[chosen.name]}, not "
            f"{settings.crf}."
        )
    build = {
        "h264": _h264, "h264rgb": _h264, "h265": _h265, "av1": _av1, "vp9": _vp9, "prores": _prores,
        "prores4444": _prores, "ffv1": _ffv1, "png": _png, "tiff": _tiff, "webp": _webp,
    }.get(chosen.name)  # fmt: skip
    if build is None:
        return {}
    crf = settings.crf
    if crf is None and quality != "lossless":
        crf = _CRF.get(chosen.name, {}).get(quality)
    made = build(chosen, quality, crf, own, colour)
    if chosen.name in ("h264", "h264rgb") and pixels > _LOOKS_FAR and quality in _LOOKS_NEAR:
        made["rc-lookahead"] = str(_LOOKS_NEAR[quality])
    return made


def _h264(chosen, quality, crf, own, colour) -> dict:
    preset = {"draft": "veryfast", "good": "medium", "best": "slow", "lossless": "medium"}
    out = {"preset": preset[quality]}
    params = []
    if crf is None:
        out["qp"] = "0"
    else:
        out["crf"] = str(crf)
    if colour.mastering:
        params.append(f"mastering-display={colour.mastering}")
    if colour.light:
        params.append("cll={},{}".format(*colour.light))
    if params:
        out["x264-params"] = ":".join(params)
    return out


def _h265(chosen, quality, crf, own, colour) -> dict:
    preset = {"draft": "superfast", "good": "fast", "best": "slow", "lossless": "fast"}
    params = ["log-level=error"]
    if crf is None:
        params.append("lossless=1")
    if colour.mastering:
        params.append(f"master-display={colour.mastering}")
    if colour.light:
        params.append("max-cll={},{}".format(*colour.light))
    if colour.transfer == "smpte2084":
        params += ["hdr10=1", "repeat-headers=1"]
    out = {"preset": preset[quality], "x265-params": ":".join(params)}
    if crf is not None:
        out["crf"] = str(crf)
    return out


def _av1(chosen, quality, crf, own, colour) -> dict:
    # SVT-AV1's own lossless mode is not used: its streams do not always decode, let alone match.
    preset = {"draft": "12", "good": "8", "best": "5"}
    out = {"preset": preset.get(quality, "5"), "crf": str(crf)}
    params = []
    if colour.mastering:
        params.append(f"mastering-display={_av1_mastering(colour.mastering)}")
    if colour.light:
        params.append("content-light={},{}".format(*colour.light))
    if params:
        out["svtav1-params"] = ":".join(params)
    return out


def _av1_mastering(text: str) -> str:
    """x265's integers as the decimals that SVT-AV1 takes."""
    import re

    units = {"G": 50000, "B": 50000, "R": 50000, "WP": 50000, "L": 10000}
    parts = re.findall(r"([A-Z]+)\((\d+),(\d+)\)", text)
    return "".join(f"{k}({int(a) / units[k]:.4f},{int(b) / units[k]:.4f})" for k, a, b in parts)


def _vp9(chosen, quality, crf, own, colour) -> dict:
    speed = {"draft": "8", "good": "4", "best": "2", "lossless": "4"}
    deadline = "realtime" if quality == "draft" else "good"
    out = {"deadline": deadline, "cpu-used": speed[quality], "row-mt": "1", "b": "0"}
    if crf is None:
        out["lossless"] = "1"
    else:
        out["crf"] = str(crf)
    if own.alpha:
        # libvpx encodes alpha as a second stream, which alternate reference frames would upset.
        out["auto-alt-ref"] = "0"
    return out


def _prores(chosen, quality, crf, own, colour) -> dict:
    out = {"profile": "4444" if chosen.name == "prores4444" else "hq", "vendor": "apl0"}
    if own.alpha:
        out["alpha_bits"] = "16"
    return out


def _ffv1(chosen, quality, crf, own, colour) -> dict:
    return {"level": "3", "g": "1", "slicecrc": "1"}


def _webp(chosen, quality, crf, own, colour) -> dict:
    if quality == "lossless":
        return {"lossless": "1", "compression_level": "4"}
    # libwebp's scale goes the other way: 100 is best.
    return {
        "quality": {"draft": "60", "good": "88", "best": "97"}[quality],
        "compression_level": "4",
    }


def _png(chosen, quality, crf, own, colour) -> dict:
    # Half the time of the default for files a thirtieth larger.
    return {"compression_level": "1"}


def _tiff(chosen, quality, crf, own, colour) -> dict:
    return {"compression_algo": "deflate"}
