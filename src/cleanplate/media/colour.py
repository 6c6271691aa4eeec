"""Colour: the file's tags by name, the matrix behind them, HDR side data."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import av
from av.sidedata.sidedata import Type as SideDataType

from cleanplate.media.info import Colour
from cleanplate.media.pixels import PixelLayout

# ITU-T H.273 code points by FFmpeg's names.
RANGES = {0: "unspecified", 1: "limited", 2: "full"}
PRIMARIES = {
    1: "bt709", 2: "unspecified", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m",
    8: "film", 9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
TRANSFERS = {
    1: "bt709", 2: "unspecified", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m",
    8: "linear", 9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e",
    13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428",
    18: "arib-std-b67",
}  # fmt: skip
MATRICES = {
    0: "gbr", 1: "bt709", 2: "unspecified", 4: "fcc", 5: "bt470bg", 6: "smpte170m",
    7: "smpte240m", 8: "ycgco", 9: "bt2020nc", 10: "bt2020c", 11: "smpte2085",
    12: "chroma-derived-nc", 13: "chroma-derived-c", 14: "ictcp",
}  # fmt: skip

# Kr and Kb of Y' = Kr R' + (1 - Kr - Kb) G' + Kb B' (H.273, table 4).
_KR_KB = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
}


@dataclass(frozen=True)
class Matrix:
    """How planes of one depth and range mean R'G'B' in 0..1: `kr`, `kb`, offsets and spans."""

    kr: float
    kb: float
    black: float
    luma_span: float
    chroma_zero: float
    chroma_span: float


def _code(names: dict[int, str], name: str, default: int) -> int:
    return next((code for code, known in names.items() if known == name), default)


def range_code(colour: Colour) -> int:
    """FFmpeg's AVColorRange for `colour`."""
    return _code(RANGES, colour.range, 0)


def codes(colour: Colour) -> tuple[int, int, int]:
    """The H.273 code points `(primaries, transfer, matrix)` of `colour`."""
    return (
        _code(PRIMARIES, colour.primaries, 2),
        _code(TRANSFERS, colour.transfer, 2),
        _code(MATRICES, colour.matrix, 2),
    )


def colour_of(frame: av.VideoFrame) -> Colour:
    """The colour tags and HDR side data that a decoded frame carries."""
    color_range = RANGES.get(int(frame.color_range), "unspecified")
    if frame.format.name.startswith("yuvj"):
        color_range = "full"
    mastering, light = _hdr_side_data(frame)
    return Colour(
        range=color_range,
        primaries=PRIMARIES.get(int(frame.color_primaries), "unspecified"),
        transfer=TRANSFERS.get(int(frame.color_trc), "unspecified"),
        matrix=MATRICES.get(int(frame.colorspace), "unspecified"),
        mastering=mastering,
        light=light,
    )


def matrix_name(colour: Colour, width: int, height: int) -> str:
    """The matrix to compute with: the tagged one, or what players assume of an untagged file.

    Untagged pictures of 1280 columns or more than 576 rows count as BT.709, smaller ones as
    BT.601 (the rule of mpv and of most televisions). Matrices that need linear light (constant
    luminance, ICtCp) are taken as BT.2020 non-constant: inside a hole the way there and the way
    back still match, outside nothing is computed.
    """
    if colour.matrix in _KR_KB:
        return colour.matrix
    if colour.matrix in ("unspecified", "gbr"):
        return "bt709" if width >= 1280 or height > 576 else "smpte170m"
    return "bt2020nc"


def matrix_for(colour: Colour, layout: PixelLayout, width: int, height: int) -> Matrix:
    """The arithmetic between planes of `layout` and R'G'B' (H.273, equations 20 to 40)."""
    kr, kb = _KR_KB[matrix_name(colour, width, height)]
    scale = 1 << (layout.bits - 8)
    if colour.range == "full":
        top = float(layout.maximum)
        return Matrix(kr, kb, 0.0, top, 128.0 * scale, top)
    return Matrix(kr, kb, 16.0 * scale, 219.0 * scale, 128.0 * scale, 224.0 * scale)


def side_data(frame: av.VideoFrame) -> list:
    """The side data of a frame; none at all where it has a kind that PyAV does not know."""
    try:
        return list(frame.side_data)
    except ValueError:
        return []


def _hdr_side_data(frame: av.VideoFrame) -> tuple[str | None, tuple[int, int] | None]:
    """Mastering display (x265's form) and (MaxCLL, MaxFALL) from a frame's side data."""
    mastering = light = None
    for item in side_data(frame):
        if item.type == SideDataType.MASTERING_DISPLAY_METADATA:
            mastering = _mastering_text(bytes(item))
        elif item.type == SideDataType.CONTENT_LIGHT_LEVEL:
            light = struct.unpack("=2I", bytes(item)[:8])
    return mastering, light


def _mastering_text(data: bytes) -> str | None:
    """FFmpeg's AVMasteringDisplayMetadata as `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`.

    Chromaticities are in units of 0.00002, luminances of 0.0001 cd/m2 (SMPTE ST 2086).
    """
    values = struct.unpack("=22i", data[:88])
    if not (values[20] and values[21]):
        return None
    ratios = [n / d if d else 0.0 for n, d in zip(values[0:20:2], values[1:20:2], strict=True)]
    red, green, blue, white = (
        tuple(round(v * 50000) for v in ratios[k : k + 2]) for k in (0, 2, 4, 6)
    )
    darkest, brightest = (round(v * 10000) for v in ratios[8:10])
    return (
        f"G({green[0]},{green[1]})B({blue[0]},{blue[1]})R({red[0]},{red[1]})"
        f"WP({white[0]},{white[1]})L({brightest},{darkest})"
    )
