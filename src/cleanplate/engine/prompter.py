"""Pointing at things in a project's clip: the promptable network, its work on each frame kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cleanplate import models
from cleanplate.engine.store import Store, code_version, key_of, open_store
from cleanplate.errors import MaskError
from cleanplate.media import ClipReader, open_clip
from cleanplate.project import Project, Prompts
from cleanplate.segment import Candidate, Embedding, Prompt, Segmenter
from cleanplate.segment.correct import corrected, with_context
from cleanplate.segment.segmenter import NETWORK

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

Mask = NDArray[np.bool_]

KEPT = 8
"""Embeddings in memory: 4 MiB each, and the frame."""

SHAPE = (1, 256, 64, 64)
"""Of what the network understands of a frame."""


class Prompter:
    """Masks from what is pointed at. May be used by several threads, which take turns.

    >>> prompter = Prompter(project)                                    # doctest: +SKIP
    >>> mask, score = prompter.mask(120, Prompts(points=[(240, 130)], labels=[True]))
    """

    def __init__(
        self, project: Project, store: Store | None = None, *, watch: Watcher | None = None
    ) -> None:
        """Nothing is opened or fetched before it is needed; `watch` is told of the fetch."""
        self._project = project
        self._store = store or open_store()
        self._watch = watch
        self._segmenter: Segmenter | None = None
        self._reader: ClipReader | None = None
        self._held: OrderedDict[int, Embedding] = OrderedDict()
        self._lock = threading.RLock()

    def prepare(self) -> None:
        """Open the clip, load the network and what turns a frame into RGB now, so that the first
        frame that is pointed at waits for none of them."""
        with self._lock:
            self._network()
            _ = self._open().read_frame(0).image  # the first time, compiled code is loaded

    def embed(self, frame: int) -> Embedding:
        """What the network understands of a frame: at once where it has been asked for before,
        else 0.7 to 1.7 s. Raises `UsageError` where there is no such frame."""
        with self._lock:
            if frame not in self._held:
                self._held[frame] = self._look(frame)
            self._held.move_to_end(frame)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return self._held[frame]

    def mask(
        self, frame: int, prompts: Prompts, previous: Mask | None = None
    ) -> tuple[Mask, float]:
        """The mask that is meant, bool (h, w), and how good it is likely to be, 0..1.

        `previous` is a mask, bool (h, w), that the prompts correct. Raises `UsageError` for prompts
        that are empty or outside the frame, `MaskError` for a previous mask of another size.
        """
        return next(self._answers(frame, prompts, previous))

    def candidates(
        self, frame: int, prompts: Prompts, previous: Mask | None = None
    ) -> list[tuple[Mask, float]]:
        """What may be meant, the likeliest first; arguments and errors as for `mask`."""
        return list(self._answers(frame, prompts, previous))

    def _answers(
        self, frame: int, prompts: Prompts, previous: Mask | None
    ) -> Iterator[tuple[Mask, float]]:
        """The masks and their scores, each made when it is looked at."""
        prompt = as_prompt(prompts, previous)
        for one in self._candidates(frame, with_context(prompt), previous):
            mask = one.mask if previous is None else corrected(previous, one.mask, prompt)
            yield mask, one.score

    def _candidates(self, frame: int, prompt: Prompt, previous: Mask | None) -> list[Candidate]:
        with self._lock:
            embedding = self.embed(frame)
            if previous is not None and previous.shape != embedding.shape:
                raise MaskError(f"The mask is {previous.shape}, the frame {embedding.shape}.")
            return self._network().predict(prompt, embedding)

    def close(self) -> None:
        """Let go of the clip."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
            self._reader = None
            self._held.clear()

    def _network(self) -> Segmenter:
        if self._segmenter is None:
            self._segmenter = Segmenter(watch=self._watch)
        return self._segmenter

    def _open(self) -> ClipReader:
        if self._reader is None:
            self._reader = open_clip(self._project.clip())
        return self._reader

    def _look(self, frame: int) -> Embedding:
        image = self._open().read_frame(frame).image
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        weights = [file.sha256 for file in models.manifest(NETWORK).files]
        code = code_version("segment/segmenter.py", "media")
        key = key_of("embedding", code, weights, frame, clip=self._project.fingerprint)
        data = self._store.get(key)
        if data is None:
            data = self._network().embed(image).features.astype("<f2").tobytes()
            self._store.put(key, data)
        # Always by way of half precision, so that an answer does not depend on the store.
        features = np.frombuffer(data, "<f2").reshape(SHAPE).astype(np.float32)
        return Embedding(image=image, features=features)


def as_prompt(prompts: Prompts, previous: Mask | None = None) -> Prompt:
    """A project's prompts in the words of `segment`; `previous` is what they correct."""
    return Prompt(
        points=np.array(prompts.points, np.float32).reshape(-1, 2),
        labels=prompts.labels,
        box=prompts.box,
        scribbles=[np.array(s.points, np.float32) for s in prompts.strokes if s.on],
        not_scribbles=[np.array(s.points, np.float32) for s in prompts.strokes if not s.on],
        mask=previous,
    )
