"""Objects by name in one frame, each with its own mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from cleanplate.models.fetching import Watcher
from cleanplate.segment import boxes as bx
from cleanplate.segment.detect import Detection, Detector
from cleanplate.segment.kinds import ANYTHING, kinds_named
from cleanplate.segment.prompt import Prompt
from cleanplate.segment.refine import refine
from cleanplate.segment.salient import Salient, salient_objects
from cleanplate.segment.segmenter import Embedding, Segmenter

_SAME_MASK = 0.7  # IoU above which two masks are one object found twice
_WITHIN = 0.85  # share of a mask inside a surer one of its kind: a part of it, not another object
_LOOSER = 0.06  # of a box's size
_TRUST = 6.0  # logits beyond this do not outvote the other answer's
_BEYOND = 0.15  # of a box's size: how far outside it its mask may reach
_LEAST_AREA = 24  # pixels: smaller than this there is nothing to remove


@dataclass(frozen=True)
class Found:
    """One object: its number from 1, kind, score 0..1, box x0, y0, x1, y1 and mask bool (h, w)."""

    number: int
    kind: str
    score: float
    box: tuple[float, float, float, float]
    mask: np.ndarray = field(repr=False)


class Finder:
    """Finds objects by name and masks each.

    >>> finder = Finder()                                   # doctest: +SKIP
    >>> for item in finder.find(frame, ["people"]):         # doctest: +SKIP
    ...     print(item.number, item.kind, item.score, item.box)
    """

    def __init__(
        self,
        *,
        segmenter: Segmenter | None = None,
        detector: Detector | None = None,
        salient: Salient | None = None,
        watch: Watcher | None = None,
    ) -> None:
        """Each network is loaded, and fetched, when it is first needed.

        `watch` is told of fetches (see `cleanplate.models.fetch`).
        """
        self._segmenter = segmenter
        self._detector = detector
        self._salient = salient
        self._watch = watch

    def find(
        self,
        image: np.ndarray,
        names: Iterable[str] | None = None,
        *,
        threshold: float | None = None,
    ) -> list[Found]:
        """The objects of some kinds in a frame, every instance its own, the surest first.

        Parameters
        ----------
        image
            RGB uint8 or uint16 (h, w, 3).
        names
            What to look for, in the words that `kinds_named` understands, "anything" (what stands
            out) among them; default COCO's eighty kinds.
        threshold
            The least score at which an object is reported, 0..1; default 0.3 for kinds that are
            named, else 0.35.

        Masks do not overlap. Raises UsageError for a word that means nothing.
        """
        kinds = None if names is None else kinds_named(names)
        found: list[tuple[Detection, np.ndarray, np.ndarray]] = []
        if kinds is None or set(kinds) != {ANYTHING}:
            found += self._by_kind(image, kinds, threshold)
        if kinds is not None and ANYTHING in kinds:
            found += self._standing_out(image)
        return _numbered(_apart(_once_each(found)))

    def _by_kind(self, image: np.ndarray, kinds: tuple[str, ...] | None, threshold):
        if self._detector is None:
            self._detector = Detector(watch=self._watch)
        detections = self._detector.detect(image, kinds, threshold=threshold)
        if not detections:
            return []
        if self._segmenter is None:
            self._segmenter = Segmenter(watch=self._watch)
        embedding = self._segmenter.embed(image)
        result = []
        for item in detections:
            soft = self._ask(np.array(item.box), embedding)
            result.append((item, refine(embedding.image, soft), soft))
        return result

    def _ask(self, box: np.ndarray, embedding: Embedding) -> np.ndarray:
        """Logits (h, w) of what a detector's box holds.

        Such boxes are now and then tight, and the network takes a box at its word; so it is asked
        with a looser one as well, and the mean of both answers is taken.
        """
        answers = [
            self._segmenter.predict(Prompt(box=bx.clip(asked, embedding.shape)), embedding)[0]
            for asked in (box, bx.grown(box, _LOOSER))
        ]
        soft = sum(np.clip(answer.soft, -_TRUST, _TRUST) for answer in answers) / len(answers)
        return np.where(_near(box, embedding.shape), soft, -_TRUST)

    def _standing_out(self, image: np.ndarray):
        if self._salient is None:
            self._salient = Salient(watch=self._watch)
        matte = self._salient.matte(image)
        result = []
        for mask in salient_objects(matte):
            box = tuple(float(v) for v in bx.of_mask(mask))
            sure = float(matte[mask].mean())
            result.append((Detection(ANYTHING, sure, box), mask, np.where(mask, matte, -1)))
        return result


def _near(box: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Where a mask asked for by a box may lie, bool (h, w): in the box and a little around it.

    What the network adds far outside is never the object.
    """
    x0, y0, x1, y1 = np.round(bx.clip(bx.grown(box, _BEYOND), shape)).astype(int)
    near = np.zeros(shape, bool)
    near[y0:y1, x0:x1] = True
    return near


def _once_each(found):
    """Drop what is plainly found twice, or is a part of something surer of its kind."""
    kept = []
    for item, mask, soft in sorted(found, key=lambda f: -f[0].score):
        area = mask.sum()
        if area < _LEAST_AREA:
            continue
        for other, standing, _ in kept:
            shared = (mask & standing).sum()
            union = area + standing.sum() - shared
            same = shared > _SAME_MASK * union
            part = shared > _WITHIN * area and other.kind in (item.kind, ANYTHING)
            if same or part:
                break
        else:
            kept.append((item, mask, soft))
    return kept


def _apart(found):
    """Give each pixel that several masks claim to the one that claims it most."""
    if len(found) < 2:
        return found
    claims = np.stack([np.where(mask, soft, -np.inf) for _, mask, soft in found])
    owner = claims.argmax(0)
    return [(item, mask & (owner == i), soft) for i, (item, mask, soft) in enumerate(found)]


def _numbered(found) -> list[Found]:
    left = [(item, mask) for item, mask, _ in found if mask.sum() >= _LEAST_AREA]
    return [
        Found(number, item.kind, item.score, item.box, mask)
        for number, (item, mask) in enumerate(left, 1)
    ]
