"""Edits in words, for the tooltips of undo and redo."""

from __future__ import annotations

from cleanplate.project import (
    Edit,
    MergeObjects,
    RemoveKey,
    RemoveObject,
    SetKey,
    SetMasks,
    SetObject,
    SetSettings,
    State,
    Together,
)

_EDGES = {"smooth", "holes", "specks", "shrink", "grow", "feather"}


def describe(edit: Edit, before: State) -> str:
    """What an edit did to the state `before` it, as a verb and its object: "rename Ball"."""
    match edit:
        case SetMasks():
            return f"import masks of {_name(before, edit.object)}"
        case SetKey():
            how = "paint" if edit.prompts is None else "point at"
            return f"{how} {_name(before, edit.object)} on frame {edit.frame}"
        case RemoveKey():
            return f"remove the key of {_name(before, edit.object)} on frame {edit.frame}"
        case RemoveObject():
            return f"delete {_name(before, edit.object)}"
        case MergeObjects():
            return f"merge {_name(before, edit.object)} into {_name(before, edit.into)}"
        case SetObject():
            return _object_change(edit, before)
        case SetSettings():
            chosen = edit.model_dump(exclude={"kind"}, exclude_none=True)
            matte = chosen and all(name.startswith("matte_") for name in chosen)
            return "change the matte" if matte else "change the settings"
        case Together():
            return describe(edit.edits[0], before)


def _object_change(edit: SetObject, before: State) -> str:
    if edit.object not in before.objects:
        return f"add {edit.name or _name(before, edit.object)}"
    name = _name(before, edit.object)
    chosen = edit.model_dump(exclude={"kind", "object"}, exclude_none=True).keys()
    if chosen and chosen <= _EDGES:
        return f"change the edge of {name}"
    for field, words in (
        ("action", f"{edit.action} {name}"),
        ("name", f"rename {name}"),
        ("colour", f"recolour {name}"),
        ("visible", f"{'show' if edit.visible else 'hide'} {name}"),
        ("locked", f"{'lock' if edit.locked else 'unlock'} {name}"),
    ):
        if chosen == {field}:
            return words
    return f"change {name}"


def _name(state: State, number: int) -> str:
    known = state.objects.get(number)
    return (known.name if known else "") or f"Object {number}"
