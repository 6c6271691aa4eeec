"""What the user's own networks can be asked for by name."""

from __future__ import annotations

from dataclasses import dataclass

from cleanplate.errors import ModelError
from cleanplate.models.custom import registry

FINDERS = ("detect", "segment")
"""The tasks whose networks find objects by name."""


@dataclass(frozen=True)
class Word:
    """Something to find: the network, and which of its labels (indices)."""

    network: str
    labels: tuple[int, ...]


def words() -> dict[str, Word]:
    """Everything that the user's own networks find, by the word for it: a network's name stands for
    all its labels, NAME:LABEL for one, and a label alone where no other network has it."""
    found: dict[str, Word] = {}
    labels: dict[str, list[Word]] = {}
    for name in registry.names():
        try:
            manifest = registry.entry(name).manifest
        except ModelError:
            continue  # a damaged one must not keep the others from being used
        if manifest.task not in FINDERS:
            continue
        found[name] = Word(name, tuple(range(len(manifest.labels))))
        for index, label in enumerate(manifest.labels):
            word = Word(name, (index,))
            found[f"{name}:{label.lower()}"] = word
            labels.setdefault(label.lower(), []).append(word)
    for label, owners in labels.items():
        if len(owners) == 1:
            found.setdefault(label, owners[0])
    return found
