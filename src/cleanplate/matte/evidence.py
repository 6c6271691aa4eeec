"""What speaks for one alpha or another at a pixel: colours, the plate, a network, the frame before.

Each kind gives a value and a trust; `gather` makes one target and one trust of them, which the
solver (`laplacian.solve`) weighs against smoothness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.settings import MatteSettings
from cleanplate.matte.spreading import spread
from cleanplate.matte.trimap import Trimap

F32 = NDArray[np.float32]
Vote = tuple[F32, F32]
"""Alpha in 0..1 and trust, both float32 (h, w)."""

_APART = 0.05  # squared distance of two colours in 0..1 at which they are half told apart
_APART_SEEN = 0.01  # the same, where the background is not a guess
_MISFIT = 0.01  # squared distance of a colour from the line between foreground and background
_DOUBT = 0.12  # alpha in a network's look that means no more than that it is not sure


def gather(votes: list[Vote]) -> Vote:
    """The votes as one: the mean of their values, by trust, and the sum of the trusts."""
    trust = sum(vote[1] for vote in votes)
    value = sum(vote[0] * vote[1] for vote in votes) / np.maximum(trust, 1e-9)
    return value.astype(np.float32), trust.astype(np.float32)


def by_look(
    look: F32 | None,
    soft: F32 | None,
    mask: NDArray[np.bool_],
    trimap: Trimap,
    settings: MatteSettings,
) -> Vote:
    """What the network's look says, as far as it means the mask; elsewhere the mask's own doubt."""
    own = mask.astype(np.float32) if soft is None else soft
    share = np.float32(trimap.agreement)
    value = own if look is None else share * _decided(look) + (1 - share) * own
    trust = np.full(own.shape, settings.by_look * (0.3 + 0.7 * share), np.float32)
    return value.astype(np.float32), trust


def _decided(look: F32) -> F32:
    """A network's look with its doubts settled: little is none, much is all, the rest in between."""
    return np.clip((look - np.float32(_DOUBT)) / np.float32(1 - 2 * _DOUBT), 0, 1)


def by_colour(image: F32, trimap: Trimap, settings: MatteSettings) -> Vote:
    """Where a pixel's colour lies between those of the subject and of the background near it.

    `image` is float32 (h, w, 3) in 0..1.
    """
    front = spread(image, trimap.inside.astype(np.float32))
    back = spread(image, trimap.outside.astype(np.float32))
    value, trust = _between(image, front, back, _APART)
    return value, settings.by_colour * trust


def by_plate(image: F32, plate: F32, seen: F32, trimap: Trimap, settings: MatteSettings) -> Vote:
    """The same, where the background itself is known: `plate`, like `image`; `seen` in 0..1."""
    front = spread(image, trimap.inside.astype(np.float32))
    value, trust = _between(image, front, plate, _APART_SEEN)
    return value, settings.by_plate * trust * seen


def _between(image: F32, front: F32, back: F32, apart: float) -> Vote:
    way = front - back
    length = np.einsum("ijk,ijk->ij", way, way)
    share = np.einsum("ijk,ijk->ij", image - back, way) / np.maximum(length, 1e-4)
    value = np.clip(share, 0, 1)
    rest = image - back - value[..., None] * way
    misfit = np.einsum("ijk,ijk->ij", rest, rest)
    trust = length / (length + np.float32(apart)) * np.exp(-misfit / np.float32(_MISFIT))
    return value.astype(np.float32), trust.astype(np.float32)
