"""What speaks for one alpha or another at a pixel: colours, the plate, a network, the frame before.

Each kind gives a value and a trust; `gather` makes one target and one trust of them, which the
solver (`laplacian.solve`) weighs against smoothness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.sampling import Pairs, between
from cleanplate.matte.settings import MatteSettings
from cleanplate.matte.trimap import Trimap

F32 = NDArray[np.float32]
Vote = tuple[F32, F32]
"""Alpha in 0..1 and trust, both float32 (h, w)."""

_APART_SEEN = 0.01  # squared distance at which colours are half told apart, one being no guess
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
    limbs: NDArray[np.bool_] | None = None,
) -> Vote:
    """What the network's look says, as far as it means the mask; elsewhere the mask's own doubt.
    It weighs more in `limbs`, bool (h, w), that tracking lost: what colours they have is not known."""
    own = mask.astype(np.float32) if soft is None else soft
    share = np.float32(trimap.agreement)
    value = own if look is None else share * _decided(look) + (1 - share) * own
    trust = np.full(own.shape, settings.by_look * (0.3 + 0.7 * share), np.float32)
    if limbs is not None:
        trust[limbs] = settings.by_limb
    return value.astype(np.float32), trust


def _decided(look: F32) -> F32:
    """A network's look with its doubts settled: little is none, much is all, the rest in between."""
    return np.clip((look - np.float32(_DOUBT)) / np.float32(1 - 2 * _DOUBT), 0, 1)


def by_colour(pairs: Pairs, settings: MatteSettings) -> Vote:
    """Where a pixel's colour lies between those of the subject and of the background near it."""
    return pairs.alpha, settings.by_colour * pairs.trust


def by_plate(image: F32, pairs: Pairs, plate: F32, seen: F32, settings: MatteSettings) -> Vote:
    """The same, where the background itself is known: `plate`, like `image`, float32 (h, w, 3) in
    0..1; `seen` in 0..1."""
    value, trust = between(image, pairs.front, plate, _APART_SEEN)
    return value, settings.by_plate * trust * seen
