"""Correcting a mask by clicks: what is wrong is changed where one clicked, the rest stays."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.segment.boxes import of_mask
from cleanplate.segment.prompt import Prompt

Mask = NDArray[np.bool_]


def with_context(prompt: Prompt) -> Prompt:
    """`prompt`, which corrects its mask, saying as well where the thing is: in the box of what is meant
    of the mask, and at its innermost point.

    A promptable network takes a mask as a hint about clicks and boxes that come with it. Of a mask
    and one click beside a mistake it makes something else.
    """
    mask = prompt.mask
    if mask is None or not mask.any():
        return prompt
    points, labels = prompt.located()
    meant = _meant(mask, points[labels])
    inner, box = np.float32([_innermost(meant, points[~labels])]), prompt.box
    if box is None:
        corners = np.float32(of_mask(meant)).reshape(2, 2)
        every = np.concatenate([corners, points[labels], points[labels] + 1])
        box = (*every.min(axis=0).tolist(), *every.max(axis=0).tolist())
    return replace(
        prompt,
        points=np.concatenate([points, inner]),
        labels=np.append(labels, True),
        box=box,
        scribbles=(),
        not_scribbles=(),
    )


def corrected(mask: Mask, answer: Mask, prompt: Prompt) -> Mask:
    """`mask` changed to `answer`, both bool (h, w), in those places alone that `prompt` points at.

    Where the answer does not do what a point says, it is taken whole: better something that can be
    corrected further than nothing.
    """
    if not mask.any():
        return answer
    done = mask.copy()
    for (x, y), on in zip(*prompt.located(), strict=True):
        at = _pixel(x, y, mask.shape)
        if mask[at] == on:
            continue
        if answer[at] != on:
            return answer
        changes = (answer != mask) & (answer == on)
        _, parts = cv2.connectedComponents(changes.astype(np.uint8), connectivity=4)
        done[parts == parts[at]] = on
    return done


def _meant(mask: Mask, right: NDArray[np.float32]) -> Mask:
    """The pieces of a mask in which a click says that they are right; all of it where none does."""
    _, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    sure = mask & np.isin(parts, [parts[_pixel(x, y, mask.shape)] for x, y in right])
    return sure if sure.any() else mask


def _innermost(mask: Mask, avoided: NDArray[np.float32]) -> tuple[float, float]:
    """The point of a mask that is farthest from its border and from the points to be avoided."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    for x, y in avoided:
        depth = np.minimum(depth, np.hypot(columns - x, rows - y) / 2)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(x), float(y)


def _pixel(x: float, y: float, shape: tuple[int, ...]) -> tuple[int, int]:
    return min(max(round(y), 0), shape[0] - 1), min(max(round(x), 0), shape[1] - 1)
