"""Where the frames of an export go."""

from __future__ import annotations

from abc import ABC, abstractmethod

from cleanplate.media.frame import Frame
from cleanplate.media.info import ClipInfo
from cleanplate.media.plan import ExportPlan
from cleanplate.media.settings import ExportSettings


class Sink(ABC):
    """Takes frames in order; `finish` or `discard` is called once at the end."""

    def __init__(self, plan: ExportPlan, info: ClipInfo, settings: ExportSettings) -> None:
        self.plan = plan
        self.info = info
        self.settings = settings
        self.warnings: list[str] = []

    @abstractmethod
    def put(self, frame: Frame, image, hole, alpha) -> None:
        """Write one frame (see `ClipWriter.write`)."""

    @abstractmethod
    def finish(self) -> None:
        """Complete the output and give it its name."""

    @abstractmethod
    def discard(self) -> None:
        """Remove everything."""

    @abstractmethod
    def disown(self) -> None:
        """Remove what is on disk while another thread may be writing it; nothing comes of it."""
