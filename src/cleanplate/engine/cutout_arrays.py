"""Cut out frames in memory; and the pure function that previews of single frames are made by."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.arrays import paired
from cleanplate.engine.cuts import by_shot, number_shots
from cleanplate.engine.finish import Finished, finish
from cleanplate.engine.matting import Given, Matter, beside, open_matter
from cleanplate.engine.overlap import Halt
from cleanplate.errors import UsageError
from cleanplate.matte import Hint, matte_frame
from cleanplate.matte.controls import MatteControls

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Still:
    image: NDArray
    mask: Mask | None


def cutout_frames(
    frames: Iterable[NDArray],
    mask: NDArray | Iterable[NDArray] | None,
    *,
    method: str = "careful",
    screen: str | None = None,
    look: bool = True,
    controls: MatteControls | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[NDArray]:
    """Straight RGBA (h, w, 4) of a stream of frames, RGB (h, w, 3), uint8 or uint16 as they are.

    `mask` is bool (h, w) for all frames, or one a frame; None for people and screens. `look` lets a
    network look at the subject as well. Raises `MediaError` and `MaskError` as `erase_frames` does.
    """
    halt = Halt(cancel)
    matter = open_matter(method, screen=screen, look=look)
    if mask is None and matter.needs_masks:
        raise UsageError("say what to cut out: give mask=, bool (h, w) or one for each frame")
    pairs = ((image, None) for image in frames) if mask is None else paired(frames, mask)
    stills = (_Still(image, one) for image, one in pairs)
    for shot in by_shot(number_shots(stills, lambda still: still.image)):
        cuts = beside(shot, lambda s: matter.cut_shot(Given(one.image, one.mask) for one in s))
        for _, cut in cuts:
            halt.check()
            yield rgba(finish(cut, controls))


def cutout_array(frames: NDArray, mask: NDArray | None, **choices) -> NDArray:
    """`cutout_frames` on RGB (n, h, w, 3) at once: RGBA (n, h, w, 4) of the same type."""
    result = np.empty((*frames.shape[:3], 4), frames.dtype)
    for index, frame in enumerate(cutout_frames(frames, mask, **choices)):
        result[index] = frame
    return result


def preview_cutout(
    image: NDArray,
    mask: Mask,
    controls: MatteControls | None = None,
    *,
    matter: Matter | None = None,
    inside: Mask | None = None,
    garbage: Mask | None = None,
) -> Finished:
    """One frame's matte and straight colours, from its mask alone: what an editor shows.

    `image` is RGB uint8 or uint16 (h, w, 3), `mask` bool (h, w). Without `matter` no network looks,
    which takes a tenth of a second; with one, as exports do it but for what neighbours add. A pure
    function of its arguments: the same picture whenever it is called.
    """
    cut = matte_frame(image, Hint(mask)) if matter is None else matter.cut_one(Given(image, mask))
    return finish(cut, controls, inside, garbage)


def rgba(done: Finished) -> NDArray:
    """Straight RGBA (h, w, 4) of the colours' own type."""
    top = np.iinfo(done.foreground.dtype).max
    alpha = np.rint(done.alpha * top).astype(done.foreground.dtype)
    return np.dstack([done.foreground, alpha])
