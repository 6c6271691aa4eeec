"""What is always in a matte and what never is: masks or a rough box, given or a project's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import FramesWanted
from cleanplate.media import ClipInfo, open_clip, open_masks

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Held:
    """`inside`, a mask's file, is always the subject; `garbage` never: a mask's file, or a box (left,
    top, width and height in pixels) that everything outside of is background."""

    inside: Path | None = None
    garbage: Path | tuple[float, float, float, float] | None = None

    @contextmanager
    def opened(
        self, info: ClipInfo, frames: FramesWanted = None
    ) -> Iterator[tuple[Callable[[int], Mask | None], ...]]:
        """The masks of both by the number of a frame, bool (h, w) or None; `frames` are those of the
        clip that are asked for. Raises `MaskError` where a mask does not fit the clip."""
        with ExitStack() as files:

            def masks_of(given) -> Callable[[int], Mask | None]:
                if given is None:
                    return lambda index: None
                if isinstance(given, tuple):
                    outside = outside_of(given, info)
                    return lambda index: outside
                wanted = None
                if frames is not None:
                    with open_clip(info, frames) as reader:
                        wanted = reader.range
                return files.enter_context(open_masks(given, info, wanted)).__getitem__

            yield masks_of(self.inside), masks_of(self.garbage)


def held_of(stage: MaskStage, frame: int) -> tuple[Mask | None, Mask | None]:
    """What of a project's frame is always in the matte of what it cuts out, and what never: bool
    (h, w), None where nothing is said. Of objects the known masks count."""
    actions = {one.action for one in stage.state.objects.values()}
    inside, garbage = (
        stage.together(frame, action) if action in actions else None
        for action in ("hold", "garbage")
    )
    box = stage.state.settings.get("matte_garbage")
    if box:
        outside = outside_of(box, stage.info)
        garbage = outside if garbage is None else garbage | outside
    return inside, garbage


def outside_of(box: tuple[float, float, float, float], info: ClipInfo) -> Mask:
    """All that is outside a rough box (left, top, width, height), bool (h, w)."""
    x, y, width, height = (round(v) for v in box)
    outside = np.ones((info.height, info.width), bool)
    outside[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)] = False
    return outside
