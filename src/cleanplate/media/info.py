"""What a clip is: the facts that `probe` finds and an export has to keep."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from cleanplate.media.orientation import Orientation

Kind = Literal["video", "frames", "image"]


@dataclass(frozen=True)
class Colour:
    """How sample values mean colours, by FFmpeg's names; `unspecified` where the file is silent.

    `range` is `limited` (16..235 of 8 bits), `full` or `unspecified`; `primaries`, `transfer`
    and `matrix` are the code points of ITU-T H.273. `mastering` (SMPTE ST 2086) is in the form
    that x265 takes, `light` is (MaxCLL, MaxFALL) in cd/m2.
    """

    range: str = "unspecified"
    primaries: str = "unspecified"
    transfer: str = "unspecified"
    matrix: str = "unspecified"
    mastering: str | None = None
    light: tuple[int, int] | None = None

    @property
    def hdr(self) -> bool:
        """True for the PQ and HLG transfers."""
        return self.transfer in ("smpte2084", "arib-std-b67")


@dataclass(frozen=True)
class AudioTrack:
    """One audio stream; `stream` is its index in the file, `start` in seconds on its clock."""

    stream: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    start: Fraction = Fraction(0)
    language: str | None = None
    title: str | None = None
    default: bool = False


@dataclass(frozen=True)
class SubtitleTrack:
    """One subtitle stream; `text` is False for pictures (DVD, Blu-ray)."""

    stream: int
    codec: str
    text: bool
    language: str | None = None
    title: str | None = None
    default: bool = False


@dataclass(frozen=True)
class Chapter:
    """A named stretch of the clip, `start` and `end` in seconds on the file's own clock."""

    start: Fraction
    end: Fraction
    title: str | None = None


@dataclass(frozen=True)
class ClipInfo:
    """Everything known of a clip without reading it through.

    `width` and `height` are as shown (after rotation), `coded_width` and `coded_height` as
    stored. `rotation` is the clockwise turn in degrees, after `mirror` (left to right), that
    brings the stored picture upright. `frame_count` is the file's word for it, an estimate from
    its duration, or None: `ClipReader.count()` counts. `start` and `duration` are in seconds.
    `kept` and `lost` say, one line each, what an export to the same kind of file keeps.
    """

    path: Path
    kind: Kind
    width: int
    height: int
    frame_count: int | None
    rate: Fraction
    variable_rate: bool
    time_base: Fraction
    start: Fraction
    duration: Fraction | None
    container: str
    codec: str
    pix_fmt: str
    bit_depth: int
    colour: Colour
    interlaced: bool = False
    has_alpha: bool = False
    rotation: int = 0
    mirror: bool = False
    pixel_aspect: Fraction = Fraction(1)
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    # What the reader and the writer need, of no interest to a person.
    coded_width: int = 0
    coded_height: int = 0
    orientation: Orientation = field(default_factory=Orientation)
    display_matrix: tuple[int, ...] | None = None
    video_stream: int = 0
    video_metadata: dict[str, str] = field(default_factory=dict)
    attachments: int = 0
    other_streams: tuple[str, ...] = ()
    files: tuple[Path, ...] = field(default=(), repr=False)
    first_pts: int = 0
    repainted: bool = False
    """Whether the samples are not the clip's own any more, so that their kind is nothing to be kept."""

    def as_dict(self) -> dict[str, Any]:
        """The same facts in types that JSON has, for programs."""
        hidden = {
            "orientation",
            "display_matrix",
            "files",
            "video_metadata",
            "first_pts",
            "repainted",
        }
        return {
            name: _plain(value)
            for name, value in dataclasses.asdict(self).items()
            if name not in hidden
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
