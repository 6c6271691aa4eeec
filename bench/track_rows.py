"""The ways of pointing that the bench compares, and two simple ways of tracking beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from bench.track_measures import clip_scores
from cleanplate.track import TrackSession
from cleanplate.track.grids import to_frame
from cleanplate.track.motion import carry, reduced_grey
from cleanplate.track.window import whole

_GROWN = 0.2  # of the last mask's box, where it is asked about again in the next frame


@dataclass
class Case:
    """A clip, its truth on every frame, and what to track it with."""

    name: str
    frames: list[np.ndarray] = field(repr=False)
    truth: list[np.ndarray] = field(repr=False)
    network: object
    quality: str
    first: list[np.ndarray] | None = field(default=None, repr=False)

    def session(self) -> TrackSession:
        return TrackSession(
            self.frames,
            shots=[range(len(self.frames))],
            quality=self.quality,
            network=self.network,
        )

    def from_first_mask(self) -> list[np.ndarray]:
        """Masks tracked from the first frame's true one; worked out once."""
        if self.first is None:
            session = self.session()
            session.add_mask(1, 0, self.truth[0])
            self.first = tracked(session)
        return self.first


@dataclass(frozen=True)
class Row:
    """One way to get masks for a whole clip."""

    key: str
    title: str
    masks: Callable[[Case], list[np.ndarray]]


def tracked(session: TrackSession) -> list[np.ndarray]:
    """The masks of object 1 on every frame."""
    return [frame.masks[1] for frame in session.track()]


def from_box(case: Case) -> list[np.ndarray]:
    """From the box of the first frame's true mask."""
    session = case.session()
    session.add_box(1, 0, box_of_truth(case.truth[0]))
    return tracked(session)


def from_click(case: Case) -> list[np.ndarray]:
    """From one click at the centre of the first frame's true mask."""
    session = case.session()
    session.add_points(1, 0, [centre(case.truth[0])])
    return tracked(session)


def corrected(case: Case) -> list[np.ndarray]:
    """From the first frame's true mask and that of the frame where tracking from it is worst."""
    worst = 1 + int(np.argmin(clip_scores(case.truth, case.from_first_mask())[0]))
    session = case.session()
    session.add_mask(1, 0, case.truth[0])
    session.add_mask(1, worst, case.truth[worst])
    return tracked(session)


def warped(case: Case) -> list[np.ndarray]:
    """The first mask carried by optical flow and nothing else."""
    masks, soft = [case.truth[0]], case.truth[0].astype(np.float32)
    for before, now in zip(case.frames, case.frames[1:], strict=False):
        soft, _ = carry(reduced_grey(before), reduced_grey(now), soft)
        masks.append(soft > 0.5)
    return masks


def box_by_box(case: Case) -> list[np.ndarray]:
    """The promptable network asked again on every frame, with the last mask's box grown."""
    masks = [case.truth[0]]
    shape = case.truth[0].shape
    limits = np.array([shape[1], shape[0], shape[1], shape[0]], float)
    for image in case.frames[1:]:
        if masks[-1].any():
            box = np.array(box_of_truth(masks[-1]))
            wide, tall = _GROWN / 2 * (box[2:] - box[:2])
            margins = np.array([-wide, -tall, wide, tall])
            box = np.clip(box + margins, 0, limits)
        look = case.network.look(image, whole(shape))
        answer = case.network.masks(look, np.zeros((0, 2)), np.zeros(0, bool), box)
        masks.append(to_frame(look, answer.logits[0], shape, outside=-1.0) > 0)
    return masks


def box_of_truth(mask: np.ndarray) -> tuple[float, float, float, float]:
    """The smallest box around a mask: x0, y0, x1, y1, ends not included."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def centre(mask: np.ndarray) -> tuple[float, float]:
    """The point deepest inside a mask, x then y."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)
    row, column = divmod(int(depth.argmax()), depth.shape[1])
    return float(column - 1), float(row - 1)


ROWS = {
    row.key: row
    for row in (
        Row("mask", "first frame's mask", Case.from_first_mask),
        Row("box", "one box", from_box),
        Row("click", "one click", from_click),
        Row("corrected", "mask, worst frame corrected", corrected),
        Row("warp", "(flow warp only)", warped),
        Row("boxes", "(box by box)", box_by_box),
    )
}
