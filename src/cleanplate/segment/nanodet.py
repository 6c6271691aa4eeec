"""NanoDet: boxes of eighty kinds of object in one small picture, in 25 ms on two cores.

RangiLyu, NanoDet (2020); the boxes are distributions over distances, as in Li et al.,
"Generalized Focal Loss", NeurIPS 2020.
"""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate import models
from cleanplate.models.fetching import Watcher

NETWORK = "nanodet"
SIDE = 416

_MEAN = np.array([103.53, 116.28, 123.675], np.float32)  # blue, green, red
_DEVIATION = np.array([57.375, 57.12, 58.395], np.float32)
_LEVELS = ((8, "Identity", "Identity_3"), (16, "Identity_1", "Identity_4"))
_LEVELS = (*_LEVELS, (32, "Identity_2", "Identity_5"))  # stride, scores, distances
_BINS = 11


class NanoDet:
    """The network; `boxes` answers for one picture."""

    def __init__(self, *, watch: Watcher | None = None) -> None:
        """Load the network, fetching it on first use (see `cleanplate.models.fetch`)."""
        self._session = models.session(NETWORK, watch=watch)

    def boxes(self, image: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores in one picture, many of them doubled.

        Parameters
        ----------
        image
            RGB uint8 (h, w, 3), of any size; it is shrunk to 416 pixels on its longest side.
        floor
            The least score of the likeliest kind for a box to be given.

        Returns
        -------
        float32 (n, 4) in pixels of `image`, and float32 (n, 80), how likely each kind is, 0..1.
        """
        height, width = image.shape[:2]
        scale = SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(image, size, interpolation=how)
        padded = np.zeros((SIDE, SIDE, 3), np.float32)
        padded[: size[1], : size[0]] = (small[..., ::-1] - _MEAN) / _DEVIATION
        answer = self._session.run({"input_1": padded.transpose(2, 0, 1)[None]})
        levels = [_decode(answer[s][0], answer[d][0], stride, floor) for stride, s, d in _LEVELS]
        boxes, scores = (np.concatenate(part) for part in zip(*levels, strict=True))
        return boxes / np.array([size[0] / width, size[1] / height] * 2, np.float32), scores


def _decode(
    scores: np.ndarray, distances: np.ndarray, stride: int, floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) and scores (n, 80) of one level, in pixels of the network's input."""
    kept = np.flatnonzero(scores.max(1) > floor)
    logits = distances[kept].reshape(-1, 4, _BINS)
    weights = np.exp(logits - logits.max(2, keepdims=True))
    reach = (weights * np.arange(_BINS)).sum(2) / weights.sum(2) * stride  # left, up, right, down
    row, column = np.divmod(kept, SIDE // stride)
    centre = (np.stack([column, row], 1) + 0.5) * stride
    boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], 1)
    return boxes.astype(np.float32), scores[kept]
