"""Taking edits back, and saying what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleanplate.cli.options import ProjectArgument

if TYPE_CHECKING:
    from cleanplate.project import Edit


def undo(project: ProjectArgument) -> None:
    """Take the last edit back."""
    from cleanplate.project import Project

    print(f"undone: {describe(Project.open(project).undo())}")


def redo(project: ProjectArgument) -> None:
    """Bring back what was undone last."""
    from cleanplate.project import Project

    print(f"done again: {describe(Project.open(project).redo())}")


def describe(edit: Edit) -> str:
    """An edit in a few words."""
    from cleanplate.project import Together

    if isinstance(edit, Together):
        return ", ".join(map(describe, edit.edits))
    long = {"kind", "runs", "keys", "prompts", "mask"}
    facts = edit.model_dump(exclude=long, exclude_none=True)
    kind = "change" if edit.kind == "object" else edit.kind
    return " ".join([kind, *(f"{name} {value}" for name, value in facts.items())])
