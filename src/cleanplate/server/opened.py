"""A project as the server holds it: what it is now, and edits that mind who else is at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.atomic import write_whole
from cleanplate.engine.shots import known_shots
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage, merge_objects
from cleanplate.errors import UsageError
from cleanplate.media import ClipInfo, open_clip, probe
from cleanplate.project import (
    SUFFIX,
    Edit,
    Project,
    Prompts,
    RemoveKey,
    RemoveObject,
    SetKey,
    SetObject,
    SetSettings,
    State,
    Together,
)
from cleanplate.project.fingerprint import stamp
from cleanplate.project.journal import Journal
from cleanplate.project.state import History
from cleanplate.server.refusals import Refused
from cleanplate.server.words import describe


@dataclass(frozen=True)
class Now:
    """A project at one revision, the number of entries in its journal. `undo` and `redo` say in
    words what they would do."""

    revision: int
    state: State
    undo: str | None
    redo: str | None


@dataclass(frozen=True)
class Clip:
    """A project's clip: its facts, its number of frames (counted), what its content is known by."""

    info: ClipInfo
    frames: int
    fingerprint: str


@dataclass(frozen=True)
class FirstKey:
    """The key frame that an object begins with: its mask, bool (h, w), and what made it."""

    frame: int
    mask: NDArray[np.bool_]
    prompts: Prompts | None = None


class OpenProject:
    """A project that the server knows by an id. Edits made here tell the listeners."""

    def __init__(
        self, id: str, folder: Path, store: Store, told: Callable[[OpenProject], None]
    ) -> None:
        self.id = id
        self.project = Project.open(folder)
        self._store = store
        self._told = told
        self._stage: MaskStage | None = None
        self._lock = threading.RLock()
        self._seen: tuple[object, Now] | None = None
        self._clip: tuple[object, Clip] | None = None

    @property
    def folder(self) -> Path:
        return self.project.folder

    @property
    def name(self) -> str:
        return self.folder.name.removesuffix(SUFFIX)

    def now(self) -> Now:
        """What it is now, also when another program has changed it."""
        journal = self.folder / "journal.jsonl"
        with self._lock:
            try:
                facts = journal.stat()
                mark = (facts.st_size, facts.st_mtime_ns)
            except OSError:
                mark = None
            if self._seen is None or self._seen[0] != mark:
                self._seen = (mark, self._read(journal))
            return self._seen[1]

    def _read(self, journal: Path) -> Now:
        entries = Journal(journal).read()
        try:
            history = History.of(entries)
        except (ValueError, KeyError, IndexError):
            self.project.history()  # which says what is wrong
            raise
        before = State()
        for edit in history.done[:-1]:
            before.apply(edit)
        undo = describe(history.done[-1], before) if history.done else None
        state = history.state()
        redo = describe(history.undone[-1], state) if history.undone else None
        return Now(len(entries), state, undo, redo)

    def clip(self) -> Clip:
        """The clip, once it is known to be the same as ever. Raises `ProjectError`."""
        with self._lock:
            path = self.project.clip()
            mark = (path, [tuple(item) for item in stamp(path)])
            if self._clip is None or self._clip[0] != mark:
                info = probe(path)
                with open_clip(info) as reader:
                    count = reader.count()
                self._clip = (mark, Clip(info, count, self.project.fingerprint))
            return self._clip[1]

    def stage(self) -> MaskStage:
        """The masks of the project as it is now."""
        with self._lock:
            if self._stage is None:
                self._stage = MaskStage(self.project, self._store)
            self._stage = self._stage.fresh()
            return self._stage

    def shots(self) -> list[range] | None:
        """The clip's shots, None until someone has looked for them."""
        return known_shots(self.project.fingerprint, self._store)

    def tracked(self) -> dict[int, list[tuple[int, int]]]:
        """The frames whose masks are known, by object, as stretches."""
        return {number: spans(frames) for number, frames in self.stage().covered().items()}

    def moved(self, folder: Path) -> None:
        """The project lies in another folder now."""
        with self._lock:
            self.project = Project.open(folder)
            self._stage = self._seen = self._clip = None

    def check_frame(self, frame: int) -> None:
        """Raise `Refused` where the clip has no such frame."""
        count = self.clip().frames
        if frame >= count:
            raise Refused(
                404, f"There is no frame {frame}: the clip's last is {count - 1}.", field="frame"
            )

    def check_span(self, first: int, end: int | None) -> range:
        """The frames from `first` to `end` - 1; `Refused` where the clip does not have them."""
        count = self.clip().frames
        chosen = range(first, count if end is None else end)
        if not chosen or chosen.stop > count:
            raise Refused(
                422,
                f"Frames {first} to {chosen.stop - 1} are not in the clip, which has {count}.",
                "Frames count from 0; the end is not included.",
                field="end",
            )
        return chosen

    def object(self, number: int) -> int:
        """`number`, if there is such an object; else `Refused`."""
        if number not in self.now().state.objects:
            raise Refused(404, f"There is no object {number}.", "Get the project again.")
        return number

    # What the user says.

    def edit(self, edit: Edit, expected: int | None = None) -> int:
        """Make an edit; the revision that came of it. 409 where `expected` is not the last."""
        with self._lock:
            self.check(expected)
            self.project.edit(edit)
            revision = self.now().revision
        self._told(self)
        return revision

    def step(self, word: str, expected: int | None) -> None:
        """ "undo" or "redo". 409 where there is nothing to."""
        with self._lock:
            self.check(expected)
            try:
                self.project.undo() if word == "undo" else self.project.redo()
            except UsageError as error:
                raise Refused(
                    409, f"There is nothing to {word}.", revision=self.now().revision
                ) from error
        self._told(self)

    def check(self, expected: int | None) -> None:
        """409 where `expected` is given and not the last revision."""
        revision = self.now().revision
        if expected is not None and expected != revision:
            raise Refused(
                409,
                "The project was changed elsewhere meanwhile, in another tab perhaps.",
                "Look at it as it is now, and make the change again if it is still wanted.",
                revision=revision,
            )

    def change_settings(self, settings: SetSettings, expected: int | None) -> None:
        self.edit(settings, expected)

    def change_object(self, change: SetObject, expected: int | None) -> None:
        """Change what is given of an object that exists."""
        self.object(change.object)
        self.edit(change, expected)

    def add_object(
        self, change: SetObject, expected: int | None, key: FirstKey | None = None
    ) -> tuple[int, int]:
        """Add an object, `change` saying what it is, under the next free number, with its first
        key frame if there is one: one step of undo. Returns the number and the revision."""
        with self._lock:
            number = self.now().state.next_object()
            named = change.model_copy(
                update={"object": number, "name": change.name or f"Object {number}"}
            )
            if key is None:
                return number, self.edit(named, expected)
            self.check_frame(key.frame)
            first = SetKey(
                object=number,
                frame=key.frame,
                mask=self.project.keep_mask(key.mask),
                prompts=key.prompts,
            )
            return number, self.edit(Together(edits=[named, first]), expected)

    def remove_object(self, number: int, expected: int | None) -> None:
        self.edit(RemoveObject(object=self.object(number)), expected)

    def merge(self, number: int, into: int, expected: int | None) -> None:
        """Make an object a part of another."""
        if self.object(number) == self.object(into):
            raise Refused(422, "An object cannot be merged into itself.", field="into")
        with self._lock:
            self.check(expected)
            self.edit(merge_objects(self.stage(), number, into))

    def set_key(
        self,
        number: int,
        frame: int,
        mask: NDArray[np.bool_],
        prompts: Prompts | None,
        expected: int | None,
    ) -> int:
        """Say what an object's mask is on a frame; the revision that came of it."""
        self.object(number)
        self.check_frame(frame)
        name = self.project.keep_mask(mask)
        return self.edit(SetKey(object=number, frame=frame, mask=name, prompts=prompts), expected)

    def remove_key(self, number: int, frame: int, expected: int | None) -> None:
        if frame not in self.now().state.objects[self.object(number)].keys:
            raise Refused(404, f"Object {number} has no key on frame {frame}.")
        self.edit(RemoveKey(object=number, frame=frame), expected)

    # What the editor remembers of a project, which is no edit: it is not undone.

    @property
    def range(self) -> tuple[int, int] | None:
        """In and out, as first frame and last frame + 1; None is the whole clip."""
        try:
            first, end = json.loads((self.folder / "editor.json").read_bytes())["range"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return int(first), int(end)

    def change_range(self, chosen: tuple[int, int] | None) -> None:
        """Set in and out."""
        if chosen is not None:
            self.check_span(*chosen)
        with self._lock:
            write_whole(self.folder / "editor.json", json.dumps({"range": chosen}).encode())
        self._told(self)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the clip."""
        info = self.clip().info
        return info.width, info.height


def spans(frames: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as stretches: first and last + 1.

    >>> spans([0, 1, 2, 5])
    [(0, 3), (5, 6)]
    """
    found = []
    for _, group in groupby(enumerate(frames), lambda item: item[1] - item[0]):
        numbers = [number for _, number in group]
        found.append((numbers[0], numbers[-1] + 1))
    return found
