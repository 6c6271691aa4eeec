"""The grain of a clip, for what is laid behind its subject."""

from __future__ import annotations

import numpy as np

from cleanplate.engine.wanted import FramesWanted
from cleanplate.matte.composite import grain_of
from cleanplate.media import ClipInfo, open_clip

_PLACES = (0.1, 0.5, 0.9)  # of the clip, at which two frames are looked at


def clip_grain(clip: ClipInfo, frames: FramesWanted = None) -> tuple[float, float, float]:
    """The strength of the grain for each channel, in 0..1, the same for all frames: the median over a
    few places. Raises what `open_clip` raises."""
    with open_clip(clip, frames) as reader:
        shown = reader.range
        first = sorted({shown.start + int(place * max(len(shown) - 1, 0)) for place in _PLACES})
        found = []
        for index in first:
            image = reader.read_frame(index).image
            after = reader.read_frame(index + 1).image if index + 1 < shown.stop else None
            found.append(grain_of(image, after))
    red, green, blue = (float(value) for value in np.median(found, axis=0))
    return red, green, blue
