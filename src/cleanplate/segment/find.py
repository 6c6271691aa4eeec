"""Objects by name in one frame, each with its own mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cleanplate.models.fetching import Watcher
from cleanplate.segment import boxes as bx
from cleanplate.segment.detect import Detection, Detector
from cleanplate.segment.edges import drop_specks
from cleanplate.segment.kinds import ANYTHING
from cleanplate.segment.prompt import Prompt
from cleanplate.segment.refine import refine
from cleanplate.segment.salient import Salient, salient_objects
from cleanplate.segment.segmenter import (
    Candidate,
    Embedding,
    Segmenter,
    agreement,
    logits_of_mask,
)

if TYPE_CHECKING:
    from cleanplate.segment.custom import Wanted

_SAME_MASK = 0.7  # IoU above which two masks are one object found twice
_WITHIN = 0.85  # share of a mask inside a surer one of its kind: a part of it, not another object
_LOOSER = 0.06  # of a box's size
_TRUST = 6.0  # logits beyond this do not outvote the other answer's
_SAME_ANSWER = 0.6  # IoU below which two answers mean different things
_BEYOND = 0.15  # of a box's size: how far outside it its mask may reach
_IN_FRONT = 0.6  # share of the smaller of two masks inside the larger: it is in front of it
_SPECK = 0.02  # of a mask: pieces smaller than this are none of the object
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
        fine: bool = False,
    ) -> list[Found]:
        """The objects of some kinds in a frame, every instance its own, the surest first.

        Parameters
        ----------
        image
            RGB uint8 or uint16 (h, w, 3).
        names
            What to look for, in the words that `kinds_named` understands, "anything" (what stands
            out) among them, or what the user's own networks are called or find (see
            `cleanplate.models.custom.words`); default COCO's eighty kinds.
        threshold
            The least score at which an object is reported, 0..1; default 0.3 for kinds that are
            named, else 0.35.
        fine
            Look once more at each object that is small in the frame, for finer edges: a second
            or so each.

        Masks do not overlap. Raises UsageError for a word that means nothing.
        """
        wanted = _wanted(names)
        kinds = wanted.kinds
        found: list[tuple[Detection, np.ndarray, np.ndarray]] = []
        for network, labels in wanted.own.items():
            found += self._by_own(image, network, labels, threshold, fine)
        if kinds is None or set(kinds) - {ANYTHING}:
            found += self._by_kind(image, kinds, threshold, fine)
        if kinds is not None and ANYTHING in kinds:
            found += self._standing_out(image)
        return _numbered(_apart(_once_each(found)))

    def _by_kind(self, image: np.ndarray, kinds: tuple[str, ...] | None, threshold, fine: bool):
        if self._detector is None:
            self._detector = Detector(watch=self._watch)
        detections = self._detector.detect(image, kinds, threshold=threshold)
        return self._masked(image, detections, fine)

    def _by_own(self, image: np.ndarray, network: str, labels: tuple[int, ...], threshold, fine):
        from cleanplate.models import custom
        from cleanplate.segment.custom import own_detections, own_masks

        runner = custom.load(network)
        if isinstance(runner, custom.CustomDetector):
            return self._masked(image, own_detections(image, runner, labels, threshold), fine)
        return own_masks(image, runner, labels, threshold)

    def _masked(self, image: np.ndarray, detections: list[Detection], fine: bool):
        """The mask of each box."""
        if not detections:
            return []
        if self._segmenter is None:
            self._segmenter = Segmenter(watch=self._watch)
        embedding = self._segmenter.embed(image)
        result = []
        for item in detections:
            soft = self._ask(np.array(item.box), embedding)
            if fine:
                rough = Candidate(1.0, "joint", logits_of_mask(soft > 0), embedding, closer=soft)
                soft = self._segmenter.look_closer(rough).soft
            mask = refine(embedding.image, soft)
            result.append((item, drop_specks(mask, int(_SPECK * mask.sum())), soft))
        return result

    def _ask(self, box: np.ndarray, embedding: Embedding) -> np.ndarray:
        """Logits (h, w) of what a detector's box holds.

        Such boxes are now and then tight, and the network takes a box at its word; so it is asked
        with a looser one as well. The mean of both answers is taken; where they mean different
        things, the surer one.
        """
        tight, loose = (
            self._segmenter.predict(Prompt(box=bx.clip(asked, embedding.shape)), embedding)[0]
            for asked in (box, bx.grown(box, _LOOSER))
        )
        if agreement(tight.coarse, loose.coarse) < _SAME_ANSWER:
            soft = max(tight, loose, key=lambda answer: answer.score).soft
        else:
            soft = (np.clip(tight.soft, -_TRUST, _TRUST) + np.clip(loose.soft, -_TRUST, _TRUST)) / 2
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


def _wanted(names: Iterable[str] | None) -> Wanted:
    from cleanplate.segment.custom import Wanted, understand

    return Wanted(None, {}) if names is None else understand(names)


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
    """Give each pixel that two masks claim to one of them.

    What lies mostly inside another is in front of it, a ball before a man, and keeps all it has.
    Otherwise the pixel goes to the mask that claims it more.
    """
    masks = [mask.copy() for _, mask, _ in found]
    for i, (_, first, first_soft) in enumerate(found):
        for j in range(i + 1, len(found)):
            _, second, second_soft = found[j]
            shared = first & second
            count = shared.sum()
            if not count:
                continue
            if count > _IN_FRONT * min(first.sum(), second.sum()):
                to_first = shared if first.sum() < second.sum() else np.zeros_like(shared)
            else:
                to_first = shared & (first_soft >= second_soft)
            masks[j] &= ~to_first
            masks[i] &= ~(shared & ~to_first)
    return [(item, mask, soft) for (item, _, soft), mask in zip(found, masks, strict=True)]


def _numbered(found) -> list[Found]:
    left = [(item, mask) for item, mask, _ in found if mask.sum() >= _LEAST_AREA]
    return [
        Found(number, item.kind, item.score, item.box, mask)
        for number, (item, mask) in enumerate(left, 1)
    ]
