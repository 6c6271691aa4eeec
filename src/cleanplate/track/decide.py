"""Deciding a mask: what is expected from memory and motion, what the network sees, and both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from cleanplate.track.fine import FineHead
from cleanplate.track.grids import grid_to_frame_points, inside
from cleanplate.track.network import Look, Network

_POINTS = 3  # points given to the network inside what is expected
_UNLIKELY, _LIKELY = 0.25, 0.7  # what is expected where an answer is wrong to claim or to miss
_PLAIN = 4  # points of the grid from the edge of such a place to its middle
_ALONE = 0.1  # by how much likeness must exceed a half to count without motion
_STRANGE = 0.7  # of the main part's likeness to what was marked
_BAND = (4, 15)  # points of the grid: where the band around a mask begins and ends
_LOGIT = 8.0  # how sure an expected mask may be; the network's own logits reach about 20
_STEEP = 10.0  # how fast the mean of the opinions turns into certainty, around a half


@dataclass(frozen=True)
class Evidence:
    """What speaks for the object before the network is asked, each float32 (256, 256) in 0..1:
    the target head, memory, the carried mask, how far the motion that carried it is trusted, and
    how much a point resembles what the user marked, wherever it is.
    """

    head: np.ndarray
    memory: np.ndarray
    carried: np.ndarray
    trust: np.ndarray
    known: np.ndarray

    def within(self, prior: np.ndarray) -> Evidence:
        """The evidence with what resembles the object discounted by a map in 0..1 of where it
        can be."""
        return replace(self, head=self.head * prior, memory=self.memory * prior)

    def expected(self) -> np.ndarray:
        """Where the object should be, float32 (256, 256) in 0..1."""
        weight = 0.3 * self.trust
        total = 0.4 * self.head + 0.3 * self.memory + weight * self.carried
        return total / (0.7 + weight)


@dataclass(frozen=True)
class Decision:
    """A soft mask, float32 (256, 256) in 0..1 on the look's grid, and how much more the evidence
    speaks for what is inside it than for what is around it: about 0.65 where the mask is good,
    0.5 where its J is, and below 0.3 where it is on something else."""

    soft: np.ndarray = field(repr=False)
    contrast: float


def decide(network: Network, look: Look, evidence: Evidence, fine: FineHead) -> Decision:
    """Ask the network about what is expected and weigh its answers with the evidence."""
    expected = evidence.expected()
    alike = (evidence.head + evidence.memory) / 2
    # Where motion was misread, looks alone say where the object is.
    body = main_parts(np.maximum(expected, alike - _ALONE), evidence.known)
    if not body.any():
        return Decision(np.zeros_like(expected), 0.0)
    on = inside(look)
    box, points = prompt_for(look, body, expected * alike)
    sure = np.ones(len(points), bool)
    first = network.masks(look, points, sure, box)
    more, labels = _corrections(look, first.logits[0], expected, on)
    every, marks = np.vstack([points, more]), np.append(sure, labels)
    second = network.masks(look, every, marks, box, _logits(expected, on))
    soft = _weigh(evidence, [first.logits[0], second.logits[0]], fine.score(first)) * on
    soft *= without_strangers(soft, evidence.known)
    return Decision(soft, contrast(soft > 0.5, alike))


def contrast(mask: np.ndarray, likeness: np.ndarray) -> float:
    """The mean of `likeness` in a mask less that in a band around it; both on the mask grid."""
    if not mask.any():
        return 0.0
    near, far = (_dilate(mask, reach) for reach in _BAND)
    band = far & ~near
    around = float(likeness[band].mean()) if band.any() else 0.0
    return float(likeness[mask].mean()) - around


def _weigh(evidence: Evidence, answers: list[np.ndarray], fine: np.ndarray) -> np.ndarray:
    """The mean of six opinions, each 0..1, as a soft mask.

    Logistic weights fitted to two of three difficult clips did worse on the third, each time.
    """
    total = evidence.head + evidence.memory + fine
    for answer in answers:
        total = total + 0.5 + 0.5 * np.tanh(answer / 4)
    total = total + evidence.trust * evidence.carried
    return _sigmoid(_STEEP * (total / (5 + evidence.trust) - 0.5))


def prompt_for(look: Look, body: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A box around a body, bool on the mask grid, and points deep inside it where `depth` is
    highest; in pixels of the frame."""
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    corners = np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]]) - 0.5
    box = grid_to_frame_points(look, corners).reshape(-1)
    return box, grid_to_frame_points(look, _spread(body, depth))


def _corrections(
    look: Look, answer: np.ndarray, expected: np.ndarray, on: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points where an answer is plainly wrong, as a user would click: (n, 2) and labels (n,)."""
    claimed = answer > 0
    points, labels = [np.zeros((0, 2))], []
    for wrong, label in (
        (claimed & (expected < _UNLIKELY), False),
        (~claimed & (expected > _LIKELY), True),
    ):
        depth = cv2.distanceTransform(np.pad((wrong & on).astype(np.uint8), 1), cv2.DIST_L2, 5)
        row, column = divmod(int(depth.argmax()), depth.shape[1])
        if depth[row, column] >= _PLAIN:
            points.append(grid_to_frame_points(look, np.array([[column - 1, row - 1]])))
            labels.append(label)
    return np.vstack(points), np.array(labels, bool)


def main_parts(soft: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The connected parts above a half that count: large enough, and no strangers; bool."""
    labels, weight = _parts(soft)
    large = (weight > 0.1 * weight.max())[labels] & (labels > 0)
    return large & without_strangers(soft, known)


def without_strangers(soft: np.ndarray, known: np.ndarray) -> np.ndarray:
    """All but the parts that resemble the marked object much less than the main part does; bool.

    A spectator in a red jacket behind a dancer in a red jacket is such a part, once they come
    apart. Both maps are on the mask grid, in 0..1.
    """
    labels, weight = _parts(soft)
    if len(weight) < 3:
        return np.ones(soft.shape, bool)
    area = np.bincount(labels.reshape(-1), minlength=len(weight))
    likeness = np.bincount(labels.reshape(-1), known.reshape(-1), minlength=len(weight)) / area
    strange = likeness < _STRANGE * likeness[(weight * likeness).argmax()]
    strange[0] = False
    return ~strange[labels]


def _parts(soft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the connected parts above a half (0 is none) and the weight of each."""
    count, labels = cv2.connectedComponents((soft > 0.5).astype(np.uint8))
    weight = np.bincount(labels.reshape(-1), soft.reshape(-1), minlength=count)
    weight[0] = 0
    return labels, weight


def _spread(body: np.ndarray, liked: np.ndarray) -> np.ndarray:
    """Points deep inside a body where it is liked most, apart from one another; (n, 2), x then y."""
    padded = np.pad(body.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] * (0.05 + liked)
    chosen: list[tuple[int, int]] = []
    y, x = np.ogrid[: depth.shape[0], : depth.shape[1]]
    for _ in range(_POINTS):
        row, column = divmod(int(depth.argmax()), depth.shape[1])
        if depth[row, column] < 0.5 and chosen:
            break
        chosen.append((column, row))
        reach = max(3.0, 1.5 * depth[row, column])
        depth = np.where((y - row) ** 2 + (x - column) ** 2 < reach**2, 0, depth)
    return np.array(chosen, float)


def _logits(expected: np.ndarray, on: np.ndarray) -> np.ndarray:
    sure = np.clip(expected, 0.02, 0.98)
    logits = np.clip(2 * np.log(sure / (1 - sure)), -_LOGIT, _LOGIT)
    return np.where(on, logits, -_LOGIT).astype(np.float32)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _dilate(mask: np.ndarray, reach: int) -> np.ndarray:
    size = 2 * reach + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
