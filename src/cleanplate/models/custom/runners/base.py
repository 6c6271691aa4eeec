"""What the runners of all tasks share: a session, and a picture fed to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.facts import Facts
from cleanplate.models.custom.manifest import CustomManifest
from cleanplate.models.custom.reading import ManifestError

SLACK = 1e-3
"""By which probabilities may pass 0 and 1 without being something else."""


class Running(Protocol):
    """A session: `Session` or `GuardedSession`."""

    name: str
    inputs: dict[str, tuple]
    outputs: dict[str, tuple]
    types: dict[str, str]

    def run(
        self, feeds: Mapping[str, np.ndarray], outputs: list[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Input names and arrays -> output names and arrays."""
        ...


class OfPictures:
    """What all networks with a picture for their input share."""

    def __init__(self, manifest: CustomManifest, session: Running) -> None:
        self.manifest = manifest
        self._session = session
        self._constants = {
            name: pictures.constant(value, session.inputs[name], session.types[name])
            for name, value in manifest.constants.items()
            if name in session.inputs
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """What it tells apart."""
        return tuple(self.manifest.labels)

    def _run(
        self, image: np.ndarray, outputs: list[str], more: Mapping[str, np.ndarray] | None = None
    ) -> tuple[pictures.Place, dict[str, np.ndarray]]:
        rules = self.manifest.input
        place = pictures.place_of(image.shape[:2], rules)
        fed = pictures.feed(image, place, rules, self._session.types[rules.name])
        feeds = {rules.name: fed, **self._constants, **(more or {})}
        return place, self._session.run(feeds, outputs)

    def _wrong(self, field: str, why: str) -> ManifestError:
        return ManifestError(field, why, Facts.of_session(self._session).describe())

    def _finite(self, field: str, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, np.float32)
        if not np.isfinite(values).all():
            raise self._wrong(field, "on a sample it gives values that are no numbers")
        return values


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def softmax(values: np.ndarray, axis: int) -> np.ndarray:
    raised = np.exp(values - values.max(axis, keepdims=True))
    return raised / raised.sum(axis, keepdims=True)


def span(values: np.ndarray) -> str:
    return f"{float(values.min()):.3g}..{float(values.max()):.3g}"
