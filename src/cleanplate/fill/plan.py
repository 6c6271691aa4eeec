"""What goes into one frame's hole, as it is handed from step to step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box
from cleanplate.fill.unseen import Fine


@dataclass
class Plan:
    """What goes into one frame's hole, at the working resolution.

    L layers, N kept sources, K candidates; (bh, bw) is the size of the box.

    Attributes:
        frame: the frame.
        box: the region, in working pixels.
        seen: bool (bh, bw), what other frames show.
        layer: int8 (bh, bw), the layer that gives the detail, -1 where there is none.
        share: float32 (bh, bw), 0..1, how much detail is taken; the rest is as soft as the mean of
            all offers, so that detail ends nowhere in an edge. 1 outside the hole.
        follow: int8 (bh, bw), the layer whose motion the pixel follows, believed or not.
        soft: float32 (bh, bw, 3), the mean of all offers, as far as each is believed, and what is
            made up where no source gives detail; the picture itself outside the hole.
        doubt: float32 (bh, bw), belief in the smooth fill, 0..1.
        top: int16 (bh, bw, N), the candidates of `layer` that are kept, -1 for none.
        weight: float32 like `top`, summing to 1 where there is any.
        source: int32 (K,), the frame of each candidate.
        along: int8 (K,), the layer that it follows.
        grid: float32 (K, bh, bw, 2), its source coordinates in working pixels.
        offset: float32 (K, 3), what matching its exposure adds.
        steady: float32 (bh, bw), 0..1, how surely what is hidden moves with the camera, as what is seen
            around it does.
        fine: what is made up beyond the working resolution.
    """

    frame: WorkFrame
    box: Box
    seen: np.ndarray
    layer: np.ndarray
    share: np.ndarray
    follow: np.ndarray
    soft: np.ndarray
    doubt: np.ndarray
    top: np.ndarray
    weight: np.ndarray
    source: np.ndarray
    along: np.ndarray
    grid: np.ndarray
    offset: np.ndarray
    steady: np.ndarray
    fine: list[Fine] = field(default_factory=list)
