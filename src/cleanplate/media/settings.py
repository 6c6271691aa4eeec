"""How to write a clip."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cleanplate.errors import UsageError

Quality = Literal["draft", "good", "best", "lossless"]
QUALITIES: tuple[Quality, ...] = ("draft", "good", "best", "lossless")


@dataclass(frozen=True)
class ExportSettings:
    """What an export should be like.

    `codec` is one of `codecs.names()`, None for the source's own family. `quality` `good` is
    visually lossless, `lossless` keeps every sample outside the hole. `crf` overrides the
    quality's rate factor (lower is better; its scale is the encoder's). `rate` is the frame rate
    where there is no source to take it from. `audio`, `subtitles` and `metadata` False leave
    those behind.
    """

    codec: str | None = None
    quality: Quality = "good"
    crf: int | None = None
    rate: Fraction | None = None
    audio: bool = True
    subtitles: bool = True
    metadata: bool = True

    def __post_init__(self) -> None:
        if self.quality not in QUALITIES:
            raise UsageError(
                f"There is no quality {self.quality!r}; choose one of {', '.join(QUALITIES)}."
            )
        if self.crf is not None and not 0 <= self.crf <= 63:
            raise UsageError(f"A rate factor of {self.crf} is out of range; give 0 to 63.")
