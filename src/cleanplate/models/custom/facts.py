"""What a network really takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

_SHORT = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


@dataclass(frozen=True)
class Facts:
    """Shapes by name of what one part of a network takes and gives, and the types of both, as in
    "tensor(float)". A size that may vary is a string or None. `nodes` counts its operators."""

    inputs: dict[str, tuple]
    outputs: dict[str, tuple]
    types: dict[str, str]
    nodes: int = 0

    @classmethod
    def of(cls, head: dict[str, Any]) -> Facts:
        """From what a worker says."""
        both = (*head["inputs"], *head["outputs"])
        return cls(
            {str(name): tuple(shape) for name, _, shape in head["inputs"]},
            {str(name): tuple(shape) for name, _, shape in head["outputs"]},
            {str(name): str(kind) for name, kind, _ in both},
            int(head["nodes"]),
        )

    @classmethod
    def of_session(cls, session: HasFacts) -> Facts:
        """From a session."""
        return cls(dict(session.inputs), dict(session.outputs), dict(session.types))

    def one(self, name: str) -> str:
        """One tensor in words: "images float32 [1,3,640,640]"."""
        shape = self.inputs.get(name, self.outputs.get(name, ()))
        sizes = ",".join("?" if size is None else str(size) for size in shape)
        kind = self.types.get(name, "?")
        kind = _SHORT.get(kind, kind.removeprefix("tensor(").removesuffix(")"))
        return f"{name} {kind} [{sizes}]"

    def describe(self) -> str:
        """All of them: "It takes ... It gives ..."."""
        takes = ", ".join(map(self.one, self.inputs))
        return f"It takes {takes}. It gives {', '.join(map(self.one, self.outputs))}."


class HasFacts(Protocol):
    """What a session says of itself."""

    inputs: dict[str, tuple]
    outputs: dict[str, tuple]
    types: dict[str, str]
