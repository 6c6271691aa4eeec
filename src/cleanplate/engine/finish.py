"""From a cut to what is written: controls, and colours that go on beyond the edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cleanplate.matte import Cut
from cleanplate.matte.controls import MatteControls, hold
from cleanplate.matte.layers import LEAST
from cleanplate.matte.spreading import spread

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_STEP = 2  # pixels of the frame for one of those that colours are carried on over, along each side


@dataclass(frozen=True)
class Finished:
    """A matte as the user wants it, float32 (h, w) in 0..1, and straight colours, RGB (h, w, 3)."""

    alpha: F32 = field(repr=False)
    foreground: NDArray = field(repr=False)


def finish(
    cut: Cut,
    controls: MatteControls | None = None,
    inside: Mask | None = None,
    garbage: Mask | None = None,
    opacity: NDArray | None = None,
) -> Finished:
    """Apply the controls, what must be in and out, and the clip's own opacity, full-scale integers.

    Colours are carried on beyond the edge of the matte, so that neither a softer edge nor the
    coarser colour of a video format lets the old background in.
    """
    alpha = cut.alpha
    if controls is not None and not controls.neutral:
        alpha = controls.apply(alpha)
    alpha = hold(alpha, inside, garbage)
    if opacity is not None:
        alpha = alpha * (opacity.astype(np.float32) / np.float32(np.iinfo(opacity.dtype).max))
    shown = cut.alpha if inside is None else np.maximum(cut.alpha, inside)
    return Finished(
        np.ascontiguousarray(alpha, np.float32), carried_on(cut.foreground, shown, cut.known)
    )


def carried_on(foreground: NDArray, alpha: F32, known: F32 | None = None) -> NDArray:
    """The foreground with its colours carried on to where alpha is nothing; its own type.

    `known`, float32 (h, w) in 0..1, is how far the foreground is known there already.
    """
    outside = alpha <= LEAST
    if not outside.any() or outside.all():
        return foreground
    # By the root: what is thin, but near, says more than what is solid and farther away.
    there = np.float32(0) if known is None else known
    far = spread(foreground, np.where(outside, there, np.sqrt(alpha)), _STEP)
    if known is not None:
        far += known[..., None] * (foreground - far)
    top = np.iinfo(foreground.dtype).max
    far = np.rint(np.clip(far, 0, top)).astype(foreground.dtype)
    return np.where(outside[..., None], far, foreground)
