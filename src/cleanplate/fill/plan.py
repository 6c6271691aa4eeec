"""One frame's hole: gather candidates, judge them, decide what goes where."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.gate import decide
from cleanplate.fill.geometry import Box, crop, warp_map
from cleanplate.fill.judge import Candidates, Means, gather, layer_means
from cleanplate.fill.register import register
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.window import Window

#: A source is worth registering where it shows at least this share of the hole.
_WORTH_SHOWING = 0.01


@dataclass
class Plan:
    """What goes into one frame's hole, at the working resolution.

    Attributes:
        frame: the frame.
        box: the region, in working pixels.
        candidates: what the other frames offer (empty arrays where there is nothing).
        means: the layers' offers, or None without candidates.
        share: float32 (bh, bw, L + 1), how far each layer and, last, the smooth fill is believed.
    """

    frame: WorkFrame
    box: Box
    candidates: Candidates | None
    means: Means | None
    share: np.ndarray


def plan_frame(window: Window, index: int, settings: FillSettings) -> Plan | None:
    """Plan the hole of frame `index`; None where it has none."""
    frame = window.frames[index]
    if frame.box is None:
        return None
    box = frame.box
    hole = crop(frame.work_hole, box)
    present = sorted(
        index + sign * step
        for step in settings.reach
        for sign in (-1, 1)
        if index + sign * step in window.frames
    )
    sources = []
    if present:
        first, last = min(present[0], index), max(present[-1], index)
        chains = window.chains(first, last)
        own = window.errors(index)
        own = tuple(crop(e, box) for e in own)
        for layer, chain in enumerate(chains):
            member = None if layer == 0 else own[1] <= own[0] + 0.5
            for side in (-1, 1):
                beside, motion = index, np.eye(3)
                for i in sorted(
                    (i for i in present if (i - index) * side > 0), key=lambda i: abs(i - index)
                ):
                    # From the measured motion to the last frame on, so that no drift gathers.
                    motion = chain.between(beside, i) @ motion
                    beside = i
                    if not _shows(window.frames[i], motion, box, hole):
                        continue
                    grid, motion = register(frame, window.frames[i], motion, box, member)
                    sources.append((window.frames[i], layer, grid, window.errors(i)))
    if not sources:
        share = np.zeros((*hole.shape, 2), np.float32)
        share[..., 1] = 1
        return Plan(frame, box, None, None, share)
    candidates = gather(frame, box, sources)
    means = layer_means(candidates, hole, frame.smooth, len(chains))
    share = decide(means, frame, box, own)
    return Plan(frame, box, candidates, means, share)


def _shows(source: WorkFrame, motion: np.ndarray, box: Box, hole: np.ndarray) -> bool:
    """Whether the source shows enough of the hole to be worth registering."""
    step = 4
    grid = warp_map(motion, box, step)
    hidden = cv2.remap(
        source.near_hole.astype(np.uint8), grid, None, cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT, borderValue=1,
    )  # fmt: skip
    asked = hole[::step, ::step]
    number = int(asked.sum())
    return number == 0 or float((hidden[asked] == 0).sum()) > _WORTH_SHOWING * number
