"""Following objects through a shot, one frame after another, in one direction."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import cv2
import numpy as np

from cleanplate.track.appearance import Appearance, Judgement, Views
from cleanplate.track.decide import Decision, Evidence, decide
from cleanplate.track.grids import to_frame, to_grid
from cleanplate.track.motion import Motion, motion_between, reduced_grey
from cleanplate.track.network import Look, Network
from cleanplate.track.window import Window, choose_window, whole

_DOUBT = 0.75  # of the usual contrast: below it a frame teaches nothing
_REFOUND = 0.65  # of the usual contrast: what it takes to believe that an object is back
_LOST = 0.45  # of the usual contrast: below it the object is not there
_GOOD = 0.62  # contrast of a good mask, before anything is known of the object
_REACH = 0.35  # of the object's size: how far from where it is expected it may well be
_STRAY = 0.15  # by how much, for each frame that it is lost, that and the window grow
_LEAST_SHARE = 0.04  # of the usual area: less than that is nothing
_NOWHERE = 10_000  # frames lost: it may be anywhere
_NEARBY = 20  # frames: lost for longer, it is looked for in the whole frame
_SEEK = 5  # frames between two such looks while other objects are followed
_USUAL = 15  # frames whose contrast says what is usual
_HELD = 0.4  # trust in a carried mask where motion is not to be believed at all
_SHRINK = 0.98  # how fast the remembered size of an object may fall, for a frame


@dataclass
class Found:
    """One object on one frame: `soft` float32 (h, w) in 0..1, `score` 0..1, whether it is there."""

    soft: np.ndarray = field(repr=False)
    score: float
    present: bool


@dataclass
class Target:
    """One object while it is followed."""

    look: Appearance
    soft: np.ndarray = field(repr=False)
    box: tuple[int, int, int, int]
    long: float
    area: float
    seen: float
    lost: int = 0  # frames since it was seen; `_NOWHERE` after a cut
    usual: deque[float] = field(default_factory=lambda: deque(maxlen=_USUAL))

    @property
    def present(self) -> bool:
        """Whether it was there on the last frame."""
        return self.lost == 0

    def visible(self) -> float:
        """How much of the object was to be seen on the last frame, 0..1."""
        return min(1.0, self.seen / self.area)

    def normal(self) -> float:
        """The contrast that is usual for this object."""
        return float(np.median([_GOOD, *self.usual]))


@dataclass(frozen=True)
class _Glance:
    """What is to be seen of a frame without the masks of the one before it: itself in `grey`, the
    `motion` to it, and a look at the window that it will most likely be looked at in."""

    image: np.ndarray = field(repr=False)
    grey: np.ndarray = field(repr=False)
    motion: Motion = field(repr=False)
    look: Look | None = None


class Follower:
    """Carries the masks of several objects from frame to frame.

    `fix` the masks of a frame, then `step` through the frames that follow it (or, backwards, come
    before it). While a frame is decided, `aside` glances at the one that comes next.
    """

    def __init__(self, network: Network, views: Views, aside: Executor) -> None:
        self._network = network
        self._views = views
        self._aside = aside
        self._coming: Future[_Glance] | None = None
        self._targets: dict[int, Target] = {}
        self._window: Window | None = None
        self._steps = 0
        self._grey: np.ndarray | None = None

    @property
    def following(self) -> bool:
        """Whether there is anything to follow yet."""
        return bool(self._targets)

    def fix(
        self,
        image: np.ndarray,
        masks: Mapping[int, np.ndarray],
        looks: Mapping[int, Appearance],
    ) -> None:
        """Begin or go on from what the user says of a frame: a mask for some objects, bool (h, w).

        `image` is that frame, RGB uint8 (h, w, 3).
        """
        self._grey = reduced_grey(image)
        for name, mask in masks.items():
            usual = self._targets[name].usual if name in self._targets else deque(maxlen=_USUAL)
            self._targets[name] = _target(mask, looks[name], usual)
        taken = np.zeros(image.shape[:2], bool)
        for mask in masks.values():
            taken |= mask
        for name in self._targets.keys() - masks.keys():
            self._targets[name].soft[taken] = 0

    def cut(self) -> None:
        """Forget where everything is: the next frame belongs to another shot."""
        for target in self._targets.values():
            target.lost = _NOWHERE
            target.soft = np.zeros_like(target.soft)

    def step(self, image: np.ndarray, coming: np.ndarray | None = None) -> dict[int, Found]:
        """Find every object on the next frame; `coming` is the one after it, None for none."""
        shape = image.shape[:2]
        glance = self._glanced(image)
        names = list(self._targets)
        stack = np.dstack([self._targets[name].soft for name in names])
        carried, trust = glance.motion.carry(stack)
        carried = carried.reshape(*shape, len(names))
        for i, name in enumerate(names):
            self._targets[name].box = box_of(carried[..., i] > 0.5) or self._targets[name].box
        window = self._choose(shape)
        look = glance.look
        if look is None or look.window != window:
            look = self._network.look(image, window)
        if coming is not None:
            # Windows mostly stay where they are.
            self._coming = self._aside.submit(self._glance, coming, glance.grey, window)
        cells, small = self._views.see(look)
        decisions = {}
        for i, name in enumerate(names):
            evidence, judged = self._evidence(look, cells, small, name, carried[..., i], trust)
            decisions[name] = (
                decide(self._network, look, evidence, self._targets[name].look.fine),
                judged,
            )
        found = self._settle(look, cells, small, decisions, shape)
        self._grey, self._window = glance.grey, window
        return found

    def _glanced(self, image: np.ndarray) -> _Glance:
        """What is seen of the next frame at first, where it was not glanced at already."""
        coming, self._coming = self._coming, None
        if coming is not None and (glance := coming.result()).image is image:
            return glance
        return self._glance(image, self._grey, None)

    def _glance(self, image: np.ndarray, before: np.ndarray, window: Window | None) -> _Glance:
        grey = reduced_grey(image)
        look = None if window is None else self._network.look(image, window)
        return _Glance(image, grey, motion_between(before, grey), look)

    def _choose(self, shape: tuple[int, int]) -> Window:
        """One window for all objects: what is shared is paid for once.

        What is lost for long must not cost the others their sharpness: it is looked for in the
        whole frame, now and then.
        """
        there = [target for target in self._targets.values() if target.lost <= _NEARBY]
        self._steps += 1
        if not there or (len(there) < len(self._targets) and self._steps % _SEEK == 0):
            return whole(shape)
        boxes = np.array([target.box for target in there])
        box = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
        long = max(target.long * (1 + _STRAY * target.lost) for target in there)
        return choose_window(tuple(int(v) for v in box), shape, self._window, long)

    def _evidence(
        self,
        look: Look,
        cells: np.ndarray,
        small: np.ndarray,
        name: int,
        carried: np.ndarray,
        trust: np.ndarray,
    ) -> tuple[Evidence, Judgement]:
        target = self._targets[name]
        judged = target.look.judge(look, cells, small)
        moved = to_grid(look, carried)
        trust = _HELD + (1 - _HELD) * to_grid(look, trust)
        if not target.present:
            trust[:] = 0
        # Half hidden, an object may come out anywhere: where it was not says less than it did.
        trust[moved < 0.5] *= target.visible() ** 2
        evidence = Evidence(judged.head, judged.memory, moved, trust, judged.known)
        return evidence.within(_whereabouts(look, target, moved)), judged

    def _settle(
        self,
        look: Look,
        cells: np.ndarray,
        small: np.ndarray,
        decisions: dict[int, tuple[Decision, Judgement]],
        shape: tuple[int, int],
    ) -> dict[int, Found]:
        shared = share_out({name: d.soft for name, (d, _) in decisions.items()})
        found = {}
        for name, soft in shared.items():
            target, (decision, judged) = self._targets[name], decisions[name]
            contrast = decision.contrast
            full = to_frame(look, soft, shape, outside=0.0)
            area = float((full > 0.5).sum())
            relative = contrast / target.normal()
            needed = _LOST if target.present else _REFOUND
            if relative < needed or area < _LEAST_SHARE * target.area:
                full = np.zeros(shape, np.float32)
                target.lost += 1
                score = float(np.clip(1 - relative / needed, 0, 1))
            else:
                target.lost = 0
                score = _score(contrast)
            if target.present and relative > _DOUBT:
                target.usual.append(contrast)
                sure = min(1.0, relative) ** 2
                target.look.learn(look, cells, small, full, judged.known_cells, sure)
                target.area = max(area, 0.95 * target.area)
            target.seen = area
            target.soft = full
            box = box_of(full > 0.5)
            if box is not None:
                target.box = box
                long = max(box[2] - box[0], box[3] - box[1])
                target.long = max(long, target.long * _SHRINK)
            found[name] = Found(full, score, target.present)
        return found


def _whereabouts(look: Look, target: Target, carried: np.ndarray) -> np.ndarray:
    """Where on the mask grid the object can be by now, float32 (256, 256) in 0..1."""
    if target.lost > _NEARBY:
        return np.ones_like(carried)
    hidden = 0.0
    if target.present and (carried > 0.5).any():
        x0, y0, x1, y1 = target.box
        hidden = max(0.0, target.long - max(x1 - x0, y1 - y0)) * look.scale / 4
        away = cv2.distanceTransform((carried <= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    else:
        ground = np.zeros(target.soft.shape, np.float32)
        x0, y0, x1, y1 = target.box
        ground[y0:y1, x0:x1] = 1
        there = to_grid(look, ground) > 0.5
        if not there.any():
            return np.ones_like(carried)
        away = cv2.distanceTransform((~there).astype(np.uint8), cv2.DIST_L2, 5)
    reach = _REACH * target.long * look.scale / 4 * (1 + _STRAY * target.lost)
    return np.exp(-0.5 * (np.maximum(away - hidden, 0) / max(reach, 4.0)) ** 2)


def _score(contrast: float) -> float:
    """Contrast as a score that a person can read: 0 for nothing, 1 for as good as it gets."""
    return float(np.clip((contrast - 0.1) / 0.6, 0, 1))


def share_out(soft: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Soft masks that never claim a pixel twice: odds against one another and the background.

    Soft aggregation, as in STM (Oh et al., ICCV 2019). One mask alone is returned as it is.
    """
    if len(soft) < 2:
        return soft
    stack = np.clip(np.stack(list(soft.values())), 1e-4, 1 - 1e-4)
    odds = stack / (1 - stack)
    background = np.prod(1 - stack, axis=0)
    total = odds.sum(axis=0) + background / (1 - background + 1e-6)
    return dict(zip(soft, odds / total, strict=True))


def box_of(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """The box of a mask's main parts (x0, y0, x1, y1), ends not included; None when empty."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if len(stats) < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = stats[1:][areas > 0.05 * areas.max()]
    low = kept[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]]
    high = low + kept[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return (*(int(v) for v in low.min(axis=0)), *(int(v) for v in high.max(axis=0)))


def _target(mask: np.ndarray, look: Appearance, usual: deque[float]) -> Target:
    soft, box = mask.astype(np.float32), box_of(mask)
    if box is None:  # the user says that it is not on this frame
        height, width = mask.shape
        return Target(look, soft, (0, 0, width, height), 1.0, 1.0, 1.0, lost=1, usual=usual)
    long = max(box[2] - box[0], box[3] - box[1])
    area = float(mask.sum())
    return Target(look, soft, box, long, area, area, usual=usual)
