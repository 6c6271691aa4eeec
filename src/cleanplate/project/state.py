"""What the edits add up to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, NamedTuple

from cleanplate.project.schema import (
    Action,
    Edit,
    MergeObjects,
    Prompts,
    RemoveKey,
    RemoveObject,
    SetKey,
    SetMasks,
    SetObject,
    SetSettings,
    Together,
    read_edit,
)
from cleanplate.segment.edges import EdgeSettings

_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
"""Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind people as well."""


class Run(NamedTuple):
    """Frames `first` to `end` - 1 (None: the clip's last) have the masks `pictures`, together."""

    first: int
    end: int | None
    pictures: tuple[str, ...]


class _Stretches:
    """Runs as stretches that lie side by side: a clip may have as many runs as frames."""

    def __init__(self, runs: list[Run]) -> None:
        bounds = sorted({float(run.first) for run in runs} | {_end(run) for run in runs})
        starting: dict[float, list[int]] = {}
        for place, run in enumerate(runs):
            starting.setdefault(float(run.first), []).append(place)
        self._starts, self._pictures = bounds, []
        open_: list[tuple[int, float]] = []  # the last run that has begun lies over the others
        for bound in bounds:
            for place in starting.get(bound, ()):
                heappush(open_, (-place, _end(runs[place])))
            while open_ and open_[0][1] <= bound:
                heappop(open_)
            self._pictures.append(runs[-open_[0][0]].pictures if open_ else ())

    def at(self, frame: int) -> tuple[str, ...]:
        """The pictures of a frame."""
        place = bisect_right(self._starts, frame) - 1
        return self._pictures[place] if place >= 0 else ()


@dataclass(frozen=True)
class Key:
    """A key frame: the pictures that make up its mask, and what was pointed at to make it."""

    pictures: tuple[str, ...]
    prompts: Prompts | None = None


@dataclass
class ObjectState:
    """One object.

    `colour` is #rrggbb; `action`, `visible` and `locked` are as in `SetObject`; `edge` is what is
    done to its masks; `keys` are its key frames by number; `runs` are ready-made masks, later ones
    over earlier ones.
    """

    name: str = ""
    colour: str = _COLOURS[0]
    action: Action = "erase"
    visible: bool = True
    locked: bool = False
    edge: EdgeSettings = field(default_factory=EdgeSettings)
    keys: dict[int, Key] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    _sorted: _Stretches | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def erased(self) -> bool:
        """Whether this is to be removed from the clip, and anything says where it is."""
        return self.action == "erase" and bool(self.keys or self.runs)

    def given(self, frame: int) -> tuple[str, ...]:
        """The pictures that make up the ready-made mask of a frame; none where it has none."""
        if self._sorted is None:
            self._sorted = _Stretches(self.runs)
        return self._sorted.at(frame)

    def give(self, runs: Iterable[Run]) -> None:
        """Add ready-made masks, over those that are there."""
        self.runs = [*self.runs, *runs]
        self._sorted = None


@dataclass
class State:
    """Everything that the user has said: the objects by number, and the settings."""

    objects: dict[int, ObjectState] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def apply(self, edit: Edit) -> None:
        """Take one edit into account."""
        match edit:
            case SetMasks():
                runs = [Run(first, end, (name,)) for first, end, name in edit.runs]
                self._object(edit.object).give(runs)
            case SetKey():
                key = Key((edit.mask,), edit.prompts)
                self._object(edit.object).keys[edit.frame] = key
            case RemoveKey():
                if edit.object in self.objects:
                    self.objects[edit.object].keys.pop(edit.frame, None)
            case RemoveObject():
                self.objects.pop(edit.object, None)
            case SetObject():
                self._set(edit)
            case MergeObjects():
                self._merge(edit)
            case SetSettings():
                chosen = edit.model_dump(exclude={"kind"}, exclude_none=True)
                self.settings.update(chosen)
            case Together():
                for one in edit.edits:
                    self.apply(one)

    def next_object(self) -> int:
        """The lowest number that no object has."""
        return next(n for n in range(1, len(self.objects) + 2) if n not in self.objects)

    def _object(self, number: int) -> ObjectState:
        if number not in self.objects:
            self.objects[number] = ObjectState(colour=_COLOURS[(number - 1) % len(_COLOURS)])
        return self.objects[number]

    def _set(self, edit: SetObject) -> None:
        chosen = edit.model_dump(exclude={"kind", "object"}, exclude_none=True)
        edges = {one.name for one in fields(EdgeSettings)}
        one = self._object(edit.object)
        one.edge = replace(one.edge, **{k: v for k, v in chosen.items() if k in edges})
        for name in chosen.keys() - edges:
            setattr(one, name, chosen[name])

    def _merge(self, edit: MergeObjects) -> None:
        gone = self.objects.pop(edit.object, None)
        if gone is None:
            return
        into = self._object(edit.into)
        together = {frame: Key((name,)) for frame, name in edit.keys}
        for frame in {*gone.keys, *into.keys}:
            keys = [one.keys[frame] for one in (into, gone) if frame in one.keys]
            pictures = tuple(name for key in keys for name in key.pictures)
            into.keys[frame] = together.get(frame) or Key(pictures)
        into.runs, runs = [], _both(into.runs, gone.runs)
        into.give(runs)


def _both(ours: list[Run], theirs: list[Run]) -> list[Run]:
    """Runs whose masks are those of both together, none of them over another."""
    if not ours or not theirs:
        return ours or theirs
    last = float("inf")
    ends = (
        {run.first for run in [*ours, *theirs]} | {_end(run) for run in [*ours, *theirs]} | {last}
    )
    both = []
    mine, other = _Stretches(ours), _Stretches(theirs)
    for first, end in pairwise(sorted(ends)):
        pictures = (*mine.at(int(first)), *other.at(int(first)))
        if pictures:
            both.append(Run(int(first), None if end == last else int(end), pictures))
    return both


def _end(run: Run) -> float:
    return float("inf") if run.end is None else run.end


def pictures_of(edit: Edit) -> Iterator[str]:
    """The names of the mask pictures that an edit needs."""
    match edit:
        case SetMasks():
            yield from (name for _, _, name in edit.runs)
        case SetKey():
            yield edit.mask
        case MergeObjects():
            yield from (name for _, name in edit.keys)
        case Together():
            for one in edit.edits:
                yield from pictures_of(one)


@dataclass
class History:
    """Edits that are in force, and those that were undone and can come back."""

    done: list[Edit] = field(default_factory=list)
    undone: list[Edit] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[dict[str, Any]]) -> History:
        """The history that a journal's entries tell."""
        history = cls()
        for entry in entries:
            history.take(entry)
        return history

    def take(self, entry: dict[str, Any]) -> None:
        """Take one entry of the journal into account."""
        if "undo" in entry:
            self.undone.append(self.done.pop())
        elif "redo" in entry:
            self.done.append(self.undone.pop())
        else:
            self.done.append(read_edit(entry["edit"]))
            self.undone.clear()

    def state(self) -> State:
        """What the edits in force add up to."""
        state = State()
        for edit in self.done:
            state.apply(edit)
        return state
