"""A picture of where each filled pixel came from.

What was kept is the picture in dim grey. What was recovered is coloured by how far away in time
its source frame is: from light cyan (the frame before) to deep blue (64 frames before or more),
from light yellow (the frame after) to deep red (64 frames after or more), in equal steps for each
doubling of the distance. What was synthesised, seen in no frame, is magenta.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FARTHEST = 64
"""Distance in frames at which the colours stop changing."""

SYNTHESISED_COLOUR = (255, 0, 255)
EARLIER = ((150, 240, 255), (10, 30, 150))
"""RGB of a pixel taken from the frame before, and of one from `FARTHEST` frames before."""
LATER = ((255, 240, 130), (150, 20, 0))
"""The same for frames after."""

LEGEND = (
    "grey: kept; cyan to blue: from 1 to 64 frames earlier; yellow to red: from 1 to 64 frames "
    "later; magenta: synthesised"
)

_KEPT = -1
_SYNTHESISED = -2


def colour_provenance(image: NDArray, provenance: NDArray[np.int32], index: int) -> NDArray:
    """Colour one frame's provenance as the module says.

    `image`: RGB (h, w, 3) uint8 or uint16; `provenance`: int32 (h, w) with the source frame's
    index in the shot, -1 where kept, -2 where synthesised; `index`: this frame's own index in the
    shot. Returns RGB uint8 (h, w, 3).
    """
    bright = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    grey = cv2.cvtColor(np.ascontiguousarray(bright), cv2.COLOR_RGB2GRAY)
    picture = np.repeat((grey // 2)[..., None], 3, axis=2)
    recovered = provenance >= 0
    picture[recovered] = _palette()[
        np.clip(provenance[recovered] - index, -FARTHEST, FARTHEST) + FARTHEST
    ]
    picture[provenance == _SYNTHESISED] = SYNTHESISED_COLOUR
    return picture


def _palette() -> NDArray[np.uint8]:
    """RGB for the distances -FARTHEST..FARTHEST."""
    distances = np.arange(-FARTHEST, FARTHEST + 1)
    steps = np.log2(np.maximum(np.abs(distances), 1)) / np.log2(FARTHEST)
    ends = np.where((distances <= 0)[:, None, None], np.array(EARLIER), np.array(LATER))
    near, far = ends[:, 0], ends[:, 1]
    return np.rint(near + steps[:, None] * (far - near)).astype(np.uint8)
