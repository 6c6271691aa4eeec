"""Finding with the user's own networks: detectors and semantic segmentation, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.errors import UsageError
from cleanplate.models import custom
from cleanplate.models.custom.runners import CustomDetector, CustomSegmenter
from cleanplate.segment import boxes as bx
from cleanplate.segment.detect import Detection, Detector
from cleanplate.segment.edges import drop_specks
from cleanplate.segment.kinds import kinds_named
from cleanplate.segment.refine import refine

_SPECK = 0.03  # of a mask: pieces smaller than this are none of the object
_PEAK = 0.5  # of the surest piece's logit: pieces less sure than this are taken for something else
_TOP = 0.9  # the quantile of its logits that says how sure a piece is
_SURE = 0.6  # the least mean probability inside a mask for it to be worth reporting


@dataclass(frozen=True)
class Wanted:
    """What some words stand for: kinds that are built in (None for all of them), and by network of
    the user's own which of its labels."""

    kinds: tuple[str, ...] | None
    own: dict[str, tuple[int, ...]]

    @property
    def boxed(self) -> bool:
        """Whether detectors of the user's own are among them, whose boxes have to be masked."""
        return any(custom.entry(name).manifest.task == "detect" for name in self.own)

    @property
    def steady(self) -> bool:
        """Whether every object keeps its meaning from frame to frame: a label is one object."""
        tasks = {custom.entry(name).manifest.task for name in self.own}
        return self.kinds == () and tasks == {"segment"}


def understand(names: Iterable[str]) -> Wanted:
    """What words mean: a network's name first, then the kinds that are built in, then labels.

    Raises UsageError for a word that means nothing.
    """
    known = custom.words() if custom.names() else {}
    kinds: list[str] = []
    own: dict[str, set[int]] = {}
    for name in names:
        word = known.get(name.strip().lower())
        if word is not None and not (name.lower() not in custom.names() and _built_in(name)):
            own.setdefault(word.network, set()).update(word.labels)
        else:
            kinds.append(name)
    try:
        named = kinds_named(kinds)
    except UsageError as error:
        more = sorted(word for word in known if ":" not in word)
        hint = f" Of your own there are: {', '.join(more)}." if more else ""
        raise UsageError(f"{error}{hint}") from error
    return Wanted(named, {network: tuple(sorted(labels)) for network, labels in own.items()})


def own_words() -> list[str]:
    """What can be asked for beside the kinds that are built in: the networks of the user's own that
    find something, by name, and each label of those with several."""
    if not custom.names():
        return []
    found = []
    for word, meaning in custom.words().items():
        several = len(custom.entry(meaning.network).manifest.labels) > 1
        if word == meaning.network or (several and ":" in word):
            found.append(word)
    return sorted(found)


def _built_in(name: str) -> bool:
    try:
        return bool(kinds_named([name]))
    except UsageError:
        return False


def mask_of(image: np.ndarray, soft: np.ndarray, fine: bool) -> np.ndarray:
    """The mask, bool (h, w), that logits (h, w) of a frame, RGB uint8, stand for.

    Pieces that are much less sure than the surest one, or specks beside the rest, are left out; the
    edges of a coarse map are moved to the image's own.
    """
    mask = soft > 0 if fine else refine(image, soft)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    if count > 2:
        sure = [float(np.quantile(soft[labels == i], _TOP)) for i in range(1, count)]
        kept = [i for i, peak in enumerate(sure, 1) if peak >= _PEAK * max(sure)]
        mask = np.isin(labels, kept)
    return drop_specks(mask, max(4, int(_SPECK * mask.sum())))


def own_detections(
    image: np.ndarray, network: CustomDetector, labels: tuple[int, ...], threshold: float | None
) -> list[Detection]:
    """Boxes of some labels in a frame, RGB (h, w, 3), as `Detector.detect` gives them."""
    chosen = [network.labels[label] for label in labels]
    detector = Detector(network=network, kinds=network.labels)
    return detector.detect(image, chosen, threshold=threshold)


def own_masks(
    image: np.ndarray, network: CustomSegmenter, labels: tuple[int, ...], threshold: float | None
) -> list[tuple[Detection, np.ndarray, np.ndarray]]:
    """What a segmentation network sees of some labels: for each that is there one object, its mask
    bool (h, w), and logits (h, w)."""
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    logits = network.logits(image)
    found = []
    for label in labels:
        soft = logits[label]
        mask = mask_of(image, soft, network.fine)
        box = bx.of_mask(mask)
        if box is None:
            continue
        score = float(1 / (1 + np.exp(-soft[mask].mean())))
        if score >= (threshold or _SURE):
            kind = network.labels[label]
            found.append((Detection(kind, score, tuple(map(float, box))), mask, soft))
    return found
