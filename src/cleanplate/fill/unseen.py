"""What no frame shows: made up once at key frames, and carried along.

Key frames stand at fixed places of the shot. What frames near one show of its hole is put there, and the
rest completed from its surroundings; the frames between two of them take from both, following the camera, the nearer
one counting more. What is made up thus depends on two key frames alone: it stays where it is
while the picture moves, and any piece of a shot can be filled by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.fill.bridge import bridge
from cleanplate.fill.frame import WorkFrame, reduced
from cleanplate.fill.geometry import Box, bounding_box, crop, warp_map
from cleanplate.fill.motion import Chain
from cleanplate.fill.settings import SPACING, Completer
from cleanplate.fill.smooth import harmonic_fill
from cleanplate.fill.synthesise import complete_from
from cleanplate.fill.texture import Texture, texture_of

#: Standard deviation, in working pixels, that parts a key frame's texture from its tone.
_COARSE = 8.0
_BESIDE = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
#: Working pixels around the hole that a key frame is completed from.
_CONTEXT = 64


@dataclass(frozen=True)
class Completed:
    """A key frame with its hole made up.

    Attributes:
        tone: float32 (bh, bw, 3), what is coarse in it.
        texture: float32 (bh, bw, 3), the rest.
        box: where it lies in the working frame.
        fine: that rest at the resolution of the clip.
    """

    tone: np.ndarray
    texture: np.ndarray
    box: Box
    fine: Texture


@dataclass(frozen=True)
class Fine:
    """The texture of a key frame as it counts in another frame.

    Attributes:
        texture: that of the key frame.
        motion: 3x3, from the working pixels of the other frame to those of the key frame.
        weight: float32 (bh, bw), how much of it counts where, in the box of the other frame.
    """

    texture: Texture
    motion: np.ndarray
    weight: np.ndarray


def complete_key(
    frame: WorkFrame,
    picture: np.ndarray,
    seen: np.ndarray,
    steady: np.ndarray,
    sharp: bool,
    complete: Completer | None,
) -> Completed:
    """A key frame with its hole made up where no other frame shows it.

    Args:
        frame: the key frame, with a hole.
        picture: (h, w, 3), its image with what other frames show of the hole.
        seen: bool (bh, bw), in its box: where they show what is behind.
        steady: float32 (bh, bw), 0..1, in its box: how surely what is hidden moves with the camera.
        sharp: whether the hole has a sharp edge, so that what is seen beside it can be believed.
        complete: makes up the rest; what `synthesise` copies if None.
    """
    rgb = reduced(picture, *frame.work_hole.shape)
    missing = frame.work_hole.copy()
    if not sharp:
        # What lies right beside a soft edge is mixed with it.
        missing = cv2.dilate(missing.astype(np.uint8), _BESIDE).astype(bool)
    crop(missing, frame.box)[seen] = False
    box = bounding_box(frame.work_hole, _CONTEXT)
    given = [np.ascontiguousarray(crop(part, box)) for part in (rgb, missing)]
    shift = np.zeros((*given[1].shape, 2), np.int32)
    if complete is None:
        # A strange piece between the strokes of a logo shows more than something smooth.
        bold = np.zeros(missing.shape, np.float32)
        crop(bold, frame.box)[:] = 0 if sharp else steady
        whole, shift, _ = complete_from(*given, bold=crop(bold, box))
        # It takes a second for a large hole, and what moves shows nearly all of what is behind it.
        if sharp:
            whole = bridge(whole, given[1])
    else:
        whole = np.asarray(complete(*given), np.float32)
    tone = cv2.GaussianBlur(whole, (0, 0), _COARSE)
    texture = whole - tone
    fine = texture_of(frame, picture, rgb, box, given[1], shift, texture)
    return Completed(tone, texture, box, fine)


def carry(
    index: int, box: Box, keys: dict[int, Completed], camera: Chain
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Fine]]:
    """The completed key frames around a frame, moved to where they belong in it.

    Args:
        index: the frame.
        box: the region wanted.
        keys: `complete_key` of the key frames at hand, by index.
        camera: the camera's motion over all of them.

    Returns:
        tone: float32 (bh, bw, 3), what is coarse in them.
        texture: float32 (bh, bw, 3), the rest, at the working resolution.
        covered: bool (bh, bw), where a key frame has something to give.
        fine: the rest at the resolution of the clip.
    """
    shape = (box[1] - box[0], box[3] - box[2])
    tone, texture = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
    mass, energy = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    fine: list[Fine] = []
    for key, known in keys.items():
        # Two unlike pictures show through each other while one gives way to the other: half of the time.
        near = min(max(1.5 - 2 * abs(index - key) / SPACING, 0.0), 1.0)
        share = 1.0 if len(keys) == 1 else near * near * (3 - 2 * near)
        if share == 0.0:
            continue
        y0, y1, x0, x1 = known.box
        motion = camera.between(index, key)
        grid = warp_map(motion, box) - np.float32((x0, y0))
        inside = (
            (grid >= 0).all(axis=2) & (grid[..., 0] <= x1 - x0 - 1) & (grid[..., 1] <= y1 - y0 - 1)
        )
        weight = np.float32(share) * inside
        for total, part in ((tone, known.tone), (texture, known.texture)):
            total += weight[..., None] * cv2.remap(part, grid, None, cv2.INTER_LINEAR)
        mass += weight
        energy += weight * weight
        fine.append(Fine(known.fine, motion, weight))
    covered = mass > 1e-3
    # Two unlike textures averaged are flatter than either: keep the strength of one.
    safe = (
        np.where(covered, mass, 1.0)[..., None],
        np.sqrt(np.where(covered, energy, 1.0))[..., None],
    )
    for part in fine:
        part.weight[:] /= safe[1][..., 0]
    return tone / safe[0], texture / safe[1], covered, fine


def clone(
    soft: np.ndarray, tone: np.ndarray, texture: np.ndarray, unseen: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """The tone for what is made up, so that with its texture it meets what is around it.

    The difference at the border is spread inside as a membrane, which is Poisson cloning (Perez,
    Gangnet and Blake, "Poisson image editing", 2003) with the guidance of what is made up.

    Args:
        soft: float32 (h, w, 3), right outside `unseen`.
        tone, texture: float32 (h, w, 3), of what is made up.
        unseen: bool (h, w).
        step: float32 (h, w), grey levels, the largest difference that is spread from a pixel.
    """
    most = step[..., None]
    return tone + harmonic_fill(np.clip(soft - tone - texture, -most, most), unseen)
