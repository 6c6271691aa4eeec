"""What a run did: how much of each frame was recovered and synthesised, how long it took."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REPORT_VERSION = 1


@dataclass(frozen=True)
class Origin:
    """What a run's masks were made of, where they lie in a folder that goes again.

    `mask` is the file that was named, `asked` what was pointed at, as JSON-ready values; `seconds`
    are those of the work that made the masks, by stage.
    """

    mask: Path | None = None
    asked: dict[str, Any] | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FrameReport:
    """One frame. `time` in seconds; `hole` is the filled share of the picture; `recovered` and
    `synthesised` are shares of the hole and add up to 1, or are both 0 where nothing was filled."""

    frame: int
    time: float | None
    hole: float
    recovered: float
    synthesised: float


def said_of_masks(mask: Path | None, origin: Origin) -> dict[str, Any]:
    """What a report says of the masks: the file that was named, and what was pointed at."""
    if origin.asked is not None:
        return {"mask": None, "asked": origin.asked}
    named = origin.mask or mask
    return {"mask": None if named is None else str(named)}


@dataclass
class Report:
    """A whole run. `shots` are [first, last + 1] frame numbers; `timings` are seconds of work by
    stage (stages overlap, so they add up to more than `seconds`, the time on the clock). Both
    include what made the masks."""

    source: str
    output: str
    settings: dict[str, Any]
    width: int = 0
    height: int = 0
    shots: list[list[int]] = field(default_factory=list)
    frames: list[FrameReport] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def recovered(self) -> float:
        """Share of all filled pixels that were recovered from other frames, 0..1."""
        return self._share("recovered")

    @property
    def synthesised(self) -> float:
        """Share of all filled pixels that were seen in no frame, 0..1."""
        return self._share("synthesised")

    def summary(self) -> dict[str, Any]:
        """The run without its frames, as JSON-ready values."""
        values = asdict(self)
        del values["frames"]
        return {
            "version": REPORT_VERSION,
            **values,
            "frame_count": len(self.frames),
            "recovered": round(self.recovered, 4),
            "synthesised": round(self.synthesised, 4),
        }

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON-ready values."""
        return {**self.summary(), "frames": [asdict(frame) for frame in self.frames]}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON, under its name only once it is whole."""
        target = Path(path)
        beside = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            beside.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)

    def _share(self, what: str) -> float:
        filled = sum(frame.hole for frame in self.frames)
        if not filled:
            return 0.0
        return sum(frame.hole * getattr(frame, what) for frame in self.frames) / filled
