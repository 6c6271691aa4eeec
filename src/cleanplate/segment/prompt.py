"""What a user points at on one frame, in the frame's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cleanplate.errors import UsageError

_SCRIBBLE_POINTS = 6  # a promptable network was trained on few points; more add time, not accuracy


@dataclass(frozen=True)
class Prompt:
    """Everything pointed at for one object on one frame; any mixture of kinds.

    Attributes
    ----------
    points
        Float (n, 2), x then y in pixels, the centre of the top left pixel being (0, 0).
    labels
        Bool (n,): True for a point on the object, False for one that is not; default all True.
    box
        (x0, y0, x1, y1) in pixels, around the object; or None.
    scribbles
        Strokes over the object, each float (m, 2) as `points`.
    not_scribbles
        Strokes over what is not the object.
    logits
        Float32 (256, 256) as in `Candidate.logits`: the mask of an earlier answer, to be
        corrected by the rest of the prompt; or None.
    mask
        Bool (h, w): a rough mask of the frame's size, used in the place of `logits`; or None.
    """

    points: Sequence[Sequence[float]] | np.ndarray = ()
    labels: Sequence[bool] | np.ndarray | None = None
    box: Sequence[float] | None = None
    scribbles: Sequence[np.ndarray] = ()
    not_scribbles: Sequence[np.ndarray] = ()
    logits: np.ndarray | None = field(default=None, repr=False)
    mask: np.ndarray | None = field(default=None, repr=False)

    def located(self) -> tuple[np.ndarray, np.ndarray]:
        """All points, those of the scribbles among them: float32 (n, 2) and bool (n,).

        Raises UsageError when points and labels differ in number or a box has no area.
        """
        points = np.asarray(self.points, np.float32).reshape(-1, 2)
        if self.labels is None:
            labels = np.ones(len(points), bool)
        else:
            labels = np.asarray(self.labels).astype(bool).reshape(-1)
        if len(labels) != len(points):
            raise UsageError(f"{len(points)} points were given with {len(labels)} labels.")
        if self.box is not None and (self.box[2] <= self.box[0] or self.box[3] <= self.box[1]):
            raise UsageError(f"The box {tuple(self.box)} has no area: give x0,y0,x1,y1.")
        on = [sample_stroke(stroke) for stroke in self.scribbles]
        off = [sample_stroke(stroke) for stroke in self.not_scribbles]
        points = np.concatenate([points, *on, *off])
        counts = sum(map(len, on)), sum(map(len, off))
        labels = np.concatenate([labels, np.ones(counts[0], bool), np.zeros(counts[1], bool)])
        return points, labels

    @property
    def ambiguous(self) -> bool:
        """Whether this is one click and nothing else: it may mean a part as well as the whole."""
        points, _ = self.located()
        return len(points) == 1 and self.box is None and self.logits is None and self.mask is None


def sample_stroke(stroke: np.ndarray) -> np.ndarray:
    """Points evenly spaced along a stroke, float32 (k, 2), k at most 6, ends not included.

    A stroke of one point gives that point.
    """
    stroke = np.asarray(stroke, np.float32).reshape(-1, 2)
    steps = np.hypot(*np.diff(stroke, axis=0).T) if len(stroke) > 1 else np.zeros(0)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] == 0:
        return stroke[:1]
    count = int(np.clip(along[-1] / 20, 1, _SCRIBBLE_POINTS))
    at = (np.arange(count) + 0.5) / count * along[-1]
    return np.stack([np.interp(at, along, stroke[:, axis]) for axis in (0, 1)], 1).astype(
        np.float32
    )
