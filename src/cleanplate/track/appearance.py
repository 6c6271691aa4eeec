"""What an object looks like, learned from the marked frames and from the ones tracked since."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.track.features import Normaliser, Projector
from cleanplate.track.fine import FineHead
from cleanplate.track.grids import cells_to_grid, to_cells, whole_cells
from cleanplate.track.head import TargetHead
from cleanplate.track.memory import Remembered, vote
from cleanplate.track.network import Look

_RECENT = 3  # tracked frames that are remembered beside the marked ones
_APART = 3  # frames between two that are remembered
_MARKED = 6  # marked views that are remembered; more make the vote slow
_OBJECT_CELLS = 500  # cells remembered of the object and its rim, for one frame
_NEW = 0.2  # how much a part of the mask teaches that nothing marked resembles
_OTHER_CELLS = 250  # and of everything else


@dataclass
class Views:
    """What every object shares: how features are made comparable."""

    normalise: Normaliser
    project: Projector

    @classmethod
    def of(cls, look: Look) -> Views:
        """Fit to one look, of the first marked frame."""
        cells = _filled(look)
        normalise = Normaliser(cells)
        return cls(normalise, Projector(normalise(cells)))

    def see(self, look: Look) -> tuple[np.ndarray, np.ndarray]:
        """Unit features of the cells that the window fills: (rows, columns, 864) and (n, 96)."""
        cells = self.normalise(_filled(look))
        return cells, self.project(cells.reshape(-1, cells.shape[-1]))


@dataclass(frozen=True)
class Judgement:
    """Where an object is by its head and by memory, and by what the user marked alone, each
    float32 (256, 256) in 0..1; and the last of these for each cell, (rows, columns)."""

    head: np.ndarray
    memory: np.ndarray
    known: np.ndarray
    known_cells: np.ndarray


class Appearance:
    """One object's target head and memory."""

    def __init__(self, channels: int) -> None:
        self._head = TargetHead(channels)
        self._marked: list[Remembered] = []
        self._recent: list[Remembered] = []
        self._since = _APART
        self.fine = FineHead()
        self._random = np.random.default_rng(0)

    def branch(self) -> Appearance:
        """A copy to track with: it shares what was marked and learns on its own."""
        other = copy.copy(self)
        other._head = self._head.branch()
        other._marked, other._recent = list(self._marked), []
        return other

    def mark(self, look: Look, cells: np.ndarray, small: np.ndarray, soft: np.ndarray) -> None:
        """Learn, for ever, a view of the object that the user marked.

        `soft` is the object over the frame, float32 (h, w) in 0..1.
        """
        share = to_cells(look, soft)
        self._head.learn(cells.reshape(-1, cells.shape[-1]), share.reshape(-1))
        self._marked = [*self._marked, self._remember(small, share)][-_MARKED:]

    def learn(
        self,
        look: Look,
        cells: np.ndarray,
        small: np.ndarray,
        soft: np.ndarray,
        known: np.ndarray,
        sure: float,
    ) -> None:
        """Learn a tracked frame, as far as the tracker is `sure` of it (0..1), and forget others.

        Nothing is learned where the mask contradicts what the marked frames say (`known`, one
        value for each cell): a part that comes out from behind a tree is not yet in the mask, and
        must not be taught to be background.
        """
        share = to_cells(look, soft)
        agreed = np.clip(1.2 - 2 * np.maximum(known - share, 0), 0, 1)
        if (share > 0.5).any():
            # The object may turn and show another side: what is new counts, but not in full.
            usual = max(float(np.median(known[share > 0.5])), 1e-3)
            agreed *= 1 - share * (1 - np.clip(2.5 * known / usual - 1, _NEW, 1))
        certain = (2 * share - 1) ** 2 * agreed
        flat = cells.reshape(-1, cells.shape[-1])
        self._head.learn(flat, share.reshape(-1), sure=sure * certain.reshape(-1))
        self._since += 1
        if self._since >= _APART:
            fresh = self._remember(small, share, agreed.reshape(-1) > 0.5)
            self._recent = [*self._recent, fresh][-_RECENT:]
            self._since = 0

    def judge(self, look: Look, cells: np.ndarray, small: np.ndarray) -> Judgement:
        """Say where the object is, by its looks alone."""
        size = cells.shape[:2]
        known_head = np.clip(self._head.score(cells, kept_only=True), 0, 1)
        known_votes, votes = vote(small, self._marked, self._recent).reshape(2, *size)
        head = (np.clip(self._head.score(cells), 0, 1) + known_head) / 2
        votes = (votes + known_votes) / 2
        known = (known_head + known_votes) / 2
        grids = (np.clip(cells_to_grid(look, v), 0, 1) for v in (head, votes, known))
        return Judgement(*grids, known)

    def _remember(
        self, small: np.ndarray, share: np.ndarray, agreed: np.ndarray | None = None
    ) -> Remembered:
        """A sample of the frame's cells: mostly the object and its rim, where identity is decided."""
        near = cv2.dilate((share > 0.02).astype(np.uint8), np.ones((5, 5), np.uint8)).reshape(-1)
        usable = np.ones(near.shape, bool) if agreed is None else agreed
        chosen = [
            self._some(np.flatnonzero(usable & (near > 0)), _OBJECT_CELLS),
            self._some(np.flatnonzero(usable & (near == 0)), _OTHER_CELLS),
        ]
        index = np.concatenate(chosen)
        return Remembered(small[index], share.reshape(-1)[index])

    def _some(self, index: np.ndarray, most: int) -> np.ndarray:
        return index if len(index) <= most else self._random.choice(index, most, replace=False)


def _filled(look: Look) -> np.ndarray:
    rows, columns = whole_cells(look)
    return look.cells[:rows, :columns]
