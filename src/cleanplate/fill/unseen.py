"""Texture for what no frame shows: made once at key frames, and carried along.

Key frames stand at fixed places of the shot. Each is completed on its own, from its own
surroundings, and the frames between two of them take their texture from both, following the
camera, the nearer one counting more. A frame's texture thus depends on two key frames alone: it
stays where it is while the picture moves, and any piece of a shot can be filled by itself.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, bounding_box, crop, warp_map
from cleanplate.fill.motion import Chain

#: Frames from one key frame to the next.
SPACING = 32
#: Standard deviation, in working pixels, of what counts as tone and is left to the smooth fill.
_COARSE = 20.0
#: Working pixels around the hole that a key frame is completed from.
_CONTEXT = 64

#: Completes a picture: (image (h, w, 3), missing bool (h, w)) to float32 (h, w, 3).
Completer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def key_frames(index: int) -> tuple[int, int]:
    """The key frames before (or at) and after a frame."""
    before = index // SPACING * SPACING
    return before, before + SPACING


def key_texture(frame: WorkFrame, complete: Completer) -> tuple[np.ndarray, Box] | None:
    """What a completed key frame holds beyond its tone.

    Returns:
        texture: float32 (bh, bw, 3), zero on average.
        box: where it lies in the working frame; None for a frame without a hole.
    """
    box = bounding_box(frame.work_hole, _CONTEXT)
    if box is None:
        return None
    hole = crop(frame.work_hole, box)
    picture = np.ascontiguousarray(crop(frame.rgb, box))
    whole = complete(picture, np.ascontiguousarray(crop(frame.near_hole, box)))
    whole = np.where(hole[..., None], whole, picture).astype(np.float32)
    return whole - cv2.GaussianBlur(whole, (0, 0), _COARSE), box


def carried_texture(
    index: int, box: Box, keys: dict[int, tuple[np.ndarray, Box]], camera: Chain
) -> np.ndarray:
    """The texture of the key frames around a frame, moved to where it belongs in that frame.

    Args:
        index: the frame.
        box: the region wanted.
        keys: `key_texture` of the key frames at hand, by index.
        camera: the camera's motion over all of them.

    Returns:
        float32 (bh, bw, 3).
    """
    total = np.zeros((box[1] - box[0], box[3] - box[2], 3), np.float32)
    energy = 0.0
    for key, (texture, place) in keys.items():
        share = 1.0 if len(keys) == 1 else 1.0 - abs(index - key) / SPACING
        share = share * share * (3 - 2 * share)
        if share <= 0.0:
            continue
        grid = warp_map(camera.between(index, key), box) - np.float32((place[2], place[0]))
        total += share * cv2.remap(
            texture, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        energy += share * share
    # Two unlike textures averaged are flatter than either: keep the strength of one.
    return total / np.sqrt(energy) if energy > 0.0 else total
