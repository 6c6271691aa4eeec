"""A tracking session: point at things on some frames, get their masks on every frame.

In the manner of the video predictor of SAM 2 (Ravi et al., 2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cleanplate.errors import MaskError, UsageError
from cleanplate.segment.prompt import Prompt
from cleanplate.segment.refine import refine
from cleanplate.track.appearance import Appearance, Views
from cleanplate.track.blend import Pressed, blend, press
from cleanplate.track.features import CHANNELS
from cleanplate.track.follow import Found, share_out
from cleanplate.track.network import Network
from cleanplate.track.pointing import Answer, Pointing
from cleanplate.track.settings import TrackSettings
from cleanplate.track.sweep import Sweep
from cleanplate.track.views import marked_windows, teach_fine

_SURE = 4.0  # the logit of a soft mask's 0 and 1, for refining
_COARSE = 1024  # pixels: on frames longer than this the mask grid is coarser than its edges


class FrameSource(Protocol):
    """Frames by number: an array (n, h, w, 3), a list, or anything that decodes on demand.

    Tracking asks for neighbours in order, forwards or backwards.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> np.ndarray: ...


@dataclass(frozen=True)
class Tracked:
    """One frame of the answer.

    Attributes
    ----------
    index
        The frame's number.
    masks
        Bool (h, w) for each object; no pixel belongs to two.
    scores
        0..1 for each object: how sure the tracker is of its mask, or of there being none. 1 is
        what the user marked; below 0.5 is worth a look.
    present
        Whether the object is on the frame at all.
    soft
        Float32 (h, w) in 0..1 for each object, before the decision.
    """

    index: int
    masks: dict[int, np.ndarray] = field(repr=False)
    scores: dict[int, float]
    present: dict[int, bool]
    soft: dict[int, np.ndarray] = field(repr=False)


class TrackSession:
    """Masks of several objects on every frame of a clip, from what is pointed at on a few.

    >>> session = TrackSession(frames)                             # doctest: +SKIP
    >>> mask = session.add_points(1, 0, [(240, 130)])              # doctest: +SKIP
    >>> for tracked in session.track():                            # doctest: +SKIP
    ...     save(tracked.index, tracked.masks[1])
    >>> session.add_points(1, 42, [(300, 90)], [False])            # doctest: +SKIP
    >>> for tracked in session.track(): ...                        # doctest: +SKIP

    Objects are numbered by the caller, from 1. What is marked on a frame is that frame's mask for
    good, and teaches the tracker what the object looks like, for every other frame.

    The next frame is glanced at while one is decided, so both cores have work. Memory holds a few
    frames and their features; of the frames before the last mark also their
    masks, compressed, some kilobytes each.
    """

    def __init__(
        self,
        frames: FrameSource,
        *,
        shots: Sequence[range] | None = None,
        quality: str | TrackSettings = "good",
        network: Network | None = None,
    ) -> None:
        """Open a clip.

        Parameters
        ----------
        frames
            RGB uint8 or uint16 (h, w, 3) by number, all of one size.
        shots
            Frame numbers between cuts, in order; default: cuts are looked for on the way. Objects
            are not carried across a cut but looked for behind it.
        quality
            "draft", "good" or "best", or settings of one's own.
        network
            A network to share with other sessions; default one of the session's own.

        Raises UsageError when there are no frames, ModelError when the network cannot be had.
        """
        if len(frames) == 0:
            raise UsageError("There are no frames to track in.")
        self._source = frames
        self._settings = TrackSettings.of(quality) if isinstance(quality, str) else quality
        self._network = network or Network(self._settings.pixels)
        self._cuts = None if shots is None else frozenset(shot.start for shot in shots)
        self._pointing = Pointing(self._network)
        self._prompts: dict[tuple[int, int], Prompt] = {}
        self._marks: dict[int, dict[int, np.ndarray]] = {}

    @property
    def objects(self) -> tuple[int, ...]:
        """The numbers of the objects that were pointed at, in order."""
        return tuple(sorted({name for marks in self._marks.values() for name in marks}))

    @property
    def marks(self) -> Mapping[int, Mapping[int, np.ndarray]]:
        """What is marked: frame, then object, then mask, bool (h, w)."""
        return self._marks

    @property
    def length(self) -> int:
        """Number of frames."""
        return len(self._source)

    def add_points(
        self,
        name: int,
        frame: int,
        points: Sequence[Sequence[float]] | np.ndarray,
        labels: Sequence[bool] | None = None,
        *,
        correct: np.ndarray | None = None,
    ) -> np.ndarray:
        """Point at an object, or at what is not it; returns its mask on that frame, bool (h, w).

        Parameters
        ----------
        name, frame
            Which object, on which frame.
        points
            Float (n, 2), x then y in pixels. Points add to those given before.
        labels
            True for on the object (the default), False for not on it.
        correct
            The mask that these points put right, bool (h, w), as tracking gave it.

        Raises UsageError for a frame that does not exist or a point outside it.
        """
        marks = np.ones(len(points), bool) if labels is None else np.asarray(labels, bool)
        old = self._prompts.get((name, frame), Prompt())
        before, on = old.located()
        prompt = Prompt(
            points=np.vstack([before, np.asarray(points, np.float32).reshape(-1, 2)]),
            labels=np.append(on, marks),
            box=old.box,
            mask=old.mask if correct is None else correct,
        )
        return self._answer(name, frame, prompt)

    def add_box(self, name: int, frame: int, box: Sequence[float]) -> np.ndarray:
        """Draw a box (x0, y0, x1, y1) around an object; returns its mask, bool (h, w)."""
        old = self._prompts.get((name, frame), Prompt())
        points, labels = old.located()
        return self._answer(name, frame, Prompt(points=points, labels=labels, box=tuple(box)))

    def add_scribble(
        self, name: int, frame: int, stroke: np.ndarray, *, on: bool = True
    ) -> np.ndarray:
        """Draw over an object, or over what is not it: float (n, 2), x then y in pixels."""
        strokes = Prompt(scribbles=[stroke]) if on else Prompt(not_scribbles=[stroke])
        points, labels = strokes.located()
        return self.add_points(name, frame, points, labels)

    def add_mask(self, name: int, frame: int, mask: np.ndarray) -> np.ndarray:
        """Give an object's mask on a frame, bool (h, w); an empty one says that it is not there.

        Raises MaskError when the size is not the frame's.
        """
        shape = self._frame(frame).shape[:2]
        if mask.dtype != np.bool_ or mask.ndim != 2:
            raise MaskError(f"A mask is bool (h, w); this is {mask.dtype} {mask.shape}.")
        if mask.shape != shape:
            raise MaskError(
                f"The mask for frame {frame} is {mask.shape[1]}x{mask.shape[0]}, the frame "
                f"{shape[1]}x{shape[0]}. Make them the same size."
            )
        self._prompts.pop((name, frame), None)
        return self._mark(name, frame, mask)

    def candidates(self, name: int, frame: int) -> list[np.ndarray]:
        """What else the last prompt on a frame could have meant, bool (h, w) each, best first.

        Hand one to `add_mask` to choose it.
        """
        prompt = self._prompts.get((name, frame))
        if prompt is None:
            return []
        return self._pointing.answer(self._frame(frame), frame, prompt).others

    def clear(self, name: int, frame: int | None = None) -> None:
        """Forget what was marked of an object, on one frame or on all."""
        for index in [frame] if frame is not None else list(self._marks):
            self._marks.get(index, {}).pop(name, None)
            self._prompts.pop((name, index), None)
            if not self._marks.get(index, True):
                del self._marks[index]

    def track(self, frames: range | None = None) -> Iterator[Tracked]:
        """Track every object through the clip, or through some frames of it; yields them in order.

        From every marked frame both ways. Between two marks both directions are weighed by their
        score and by how near their mark is. Raises UsageError when nothing is marked.
        """
        if not any(mask.any() for marks in self._marks.values() for mask in marks.values()):
            raise UsageError("Nothing is marked: add a point, a box or a mask first.")
        wanted = range(len(self._source)) if frames is None else frames
        views, looks = self._learn()
        last = max(self._marks)
        behind = self._backwards(views, looks, range(last, wanted.start - 1, -1))
        ahead = range(min(min(self._marks), wanted.stop), wanted.stop)
        forwards = self._sweep(views, looks).run(ahead)
        for index in range(wanted.start, ahead.start):
            if index in wanted:
                yield self._settle(index, {}, behind.pop(index, {}))
        for index, found in forwards:
            before = behind.pop(index, {})
            if index in wanted:
                yield self._settle(index, found, before)

    def _backwards(
        self, views: Views, looks: Mapping[int, Appearance], order: range
    ) -> dict[int, dict[int, Pressed]]:
        """What is found going back from the last mark, masks compressed."""
        if len(order) < 2:
            return {}
        return {
            index: {name: press(item) for name, item in found.items()}
            for index, found in self._sweep(views, looks).run(order)
        }

    def _sweep(self, views: Views, looks: Mapping[int, Appearance]) -> Sweep:
        return Sweep(
            self._network,
            views,
            looks,
            self._marks,
            self._frame,
            cuts=self._cuts,
            every=self._settings.every,
        )

    def _settle(
        self, index: int, forwards: Mapping[int, Found], backwards: Mapping[int, Pressed]
    ) -> Tracked:
        """Both directions made one, and the user's word put over it."""
        shape = self._shape
        found = {
            name: blend(
                forwards.get(name),
                backwards[name].found() if name in backwards else None,
                self._distance(name, index, -1),
                self._distance(name, index, +1),
                shape,
            )
            for name in self.objects
        }
        marked = self._marks.get(index, {})
        for name, mask in marked.items():
            found[name] = Found(mask.astype(np.float32), 1.0, bool(mask.any()))
        soft = share_out({name: item.soft for name, item in found.items()})
        masks = _apart(soft, marked)
        if max(shape) > _COARSE:
            image = self._frame(index)
            for name in masks.keys() - marked.keys():
                masks[name] = _refined(image, masks, name, soft[name])
        return Tracked(
            index=index,
            masks=masks,
            scores={name: item.score for name, item in found.items()},
            present={name: bool(masks[name].any()) for name in found},
            soft=soft,
        )

    @property
    def _shape(self) -> tuple[int, int]:
        """The frames' height and width, which every mark has."""
        return next(iter(next(iter(self._marks.values())).values())).shape

    def _distance(self, name: int, index: int, way: int) -> float:
        """Frames to the nearest mark of an object before (-1) or after (+1) a frame."""
        gaps = [(frame - index) * way for frame, marks in self._marks.items() if name in marks]
        return float(min((gap for gap in gaps if gap >= 0), default=np.inf))

    def _learn(self) -> tuple[Views, dict[int, Appearance]]:
        """What every object looks like on the frames that it was marked on."""
        views: Views | None = None
        looks: dict[int, Appearance] = {name: Appearance(CHANNELS) for name in self.objects}
        for index in sorted(self._marks):
            image, masks = self._frame(index), self._marks[index]
            for window in marked_windows(masks, image.shape[:2]):
                look = self._network.look(image, window)
                views = views or Views.of(look)
                cells, small = views.see(look)
                for name, mask in masks.items():
                    looks[name].mark(look, cells, small, mask.astype(np.float32))
                    teach_fine(self._network, look, looks[name].fine, mask)
        return views, looks

    def _answer(self, name: int, frame: int, prompt: Prompt) -> np.ndarray:
        answer: Answer = self._pointing.answer(self._frame(frame), frame, prompt)
        self._prompts[name, frame] = prompt
        return self._mark(name, frame, answer.mask)

    def _mark(self, name: int, frame: int, mask: np.ndarray) -> np.ndarray:
        if name < 1:
            raise UsageError(f"Objects are numbered from 1, not {name}.")
        marks = self._marks.setdefault(frame, {})
        marks[name] = mask.copy()
        for other in marks.keys() - {name}:  # the last word counts
            marks[other] = marks[other] & ~mask
        return mask

    def _frame(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self._source):
            raise UsageError(
                f"There is no frame {index}; they are numbered 0 to {len(self._source) - 1}."
            )
        image = self._source[index]
        return (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image


def _apart(
    soft: Mapping[int, np.ndarray], marked: Mapping[int, np.ndarray]
) -> dict[int, np.ndarray]:
    """Masks above a half, each pixel to one object, what the user marked first."""
    if not soft:
        return {}
    names = list(soft)
    stack = np.stack([soft[name] for name in names])
    owner = stack.argmax(axis=0)
    taken = np.zeros(stack.shape[1:], bool)
    for mask in marked.values():
        taken |= mask
    return {
        name: marked[name].copy() if name in marked else (owner == i) & (stack[i] > 0.5) & ~taken
        for i, name in enumerate(names)
    }


def _refined(
    image: np.ndarray, masks: Mapping[int, np.ndarray], name: int, soft: np.ndarray
) -> np.ndarray:
    """An object's mask with its edges moved to the image's own, never into another's."""
    others = np.zeros(soft.shape, bool)
    for other, mask in masks.items():
        if other != name:
            others |= mask
    return refine(image, np.where(others, -_SURE, 2 * _SURE * (soft - 0.5))) & ~others
