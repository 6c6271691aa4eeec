"""Making masks steadier in time, along the motion."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from cleanplate.track.motion import carry, is_cut, reduced_grey

_OWN = 2.0  # weight of a frame's own mask beside 1 for each neighbour that is wholly believed


def smooth_in_time(
    frames: Iterable[tuple[np.ndarray, np.ndarray]], strength: float = 1.0
) -> Iterator[np.ndarray]:
    """Average each soft mask with its neighbours', carried to it by motion; a cut parts them.

    `frames` gives RGB uint8 (h, w, 3) and float32 (h, w) or (h, w, n) in 0..1, n being objects;
    `strength` is the weight of a neighbour, 0..2. Yields masks of the same shape, one frame late.
    """
    held: deque[tuple[np.ndarray, np.ndarray, np.ndarray]] = deque(maxlen=3)
    for image, soft in frames:
        held.append((image, reduced_grey(image), soft))
        if len(held) == 3:
            yield _averaged(held[1], [held[0], held[2]], strength)
        elif len(held) == 2:
            yield _averaged(held[0], [held[1]], strength)
    if held:
        yield _averaged(held[-1], list(held)[-2:-1], strength)


def _averaged(own, neighbours, strength: float) -> np.ndarray:
    image, grey, soft = own
    total, weight = _OWN * soft, np.full(soft.shape[:2], _OWN, np.float32)
    for other_image, other_grey, other in neighbours:
        if is_cut(other_image, image):
            continue
        carried, trust = carry(other_grey, grey, other)
        carried = carried.reshape(soft.shape)
        believed = strength * trust
        total = total + (believed if soft.ndim == 2 else believed[..., None]) * carried
        weight = weight + believed
    return (total / (weight if soft.ndim == 2 else weight[..., None])).astype(np.float32)
