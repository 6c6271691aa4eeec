"""What the edits add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cleanplate.project.schema import (
    EDIT,
    Edit,
    NameObject,
    RemoveObject,
    SetMasks,
    SetSettings,
)

Run = tuple[int, int | None, str]


@dataclass
class ObjectState:
    """One object: its name, and its masks as runs of frames, later runs over earlier ones."""

    name: str = ""
    runs: list[Run] = field(default_factory=list)

    def picture(self, frame: int) -> str | None:
        """The name of the mask picture of a frame; None where the object has none."""
        for first, end, name in reversed(self.runs):
            if first <= frame and (end is None or frame < end):
                return name
        return None


@dataclass
class State:
    """Everything that the user has said: the objects by number, and the settings."""

    objects: dict[int, ObjectState] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def apply(self, edit: Edit) -> None:
        """Take one edit into account."""
        match edit:
            case SetMasks():
                self.objects.setdefault(edit.object, ObjectState()).runs.extend(edit.runs)
            case RemoveObject():
                self.objects.pop(edit.object, None)
            case NameObject():
                self.objects.setdefault(edit.object, ObjectState()).name = edit.name
            case SetSettings():
                chosen = edit.model_dump(exclude={"kind"}, exclude_none=True)
                self.settings.update(chosen)


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
            self.done.append(EDIT.validate_python(entry["edit"]))
            self.undone.clear()

    def state(self) -> State:
        """What the edits in force add up to."""
        state = State()
        for edit in self.done:
            state.apply(edit)
        return state
