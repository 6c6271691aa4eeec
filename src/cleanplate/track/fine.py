"""A second target head, on the mask decoder's own features: thin parts, sharp edges."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.track.head import TargetHead
from cleanplate.track.network import Reply

_CHANNELS = 32 + 4  # the decoder's features, and its four masks
_AROUND = 31  # points of the grid, the side of the square that reaches around the object
_SAMPLES = 6000  # points that one frame is learned from


class FineHead:
    """Puts right what the decoder gets wrong about this object, the same way in every frame.

    Its masks are linear in 32 features of every point; another linear map of the same features,
    fitted in closed form to the marked frames, knows that these wheels belong to this rider.
    """

    def __init__(self) -> None:
        self._head = TargetHead(_CHANNELS, ridge=1e-2)
        self._scale: np.ndarray | None = None
        self._random = np.random.default_rng(0)

    def learn(self, reply: Reply, share: np.ndarray) -> None:
        """Learn from an answer and the truth, float32 (256, 256) in 0..1; for ever."""
        if not (share > 0.5).any():
            return
        features = _features(reply)
        if self._scale is None:
            self._scale = 1 / (features.reshape(-1, _CHANNELS).std(axis=0) + 1e-6)
        near = cv2.dilate((share > 0.02).astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8))
        index = np.flatnonzero(near)
        if len(index) > _SAMPLES:
            index = self._random.choice(index, _SAMPLES, replace=False)
        chosen = features.reshape(-1, _CHANNELS)[index] * self._scale
        self._head.learn(chosen, share.reshape(-1)[index])

    def score(self, reply: Reply) -> np.ndarray:
        """How much of each point is the object, float32 (256, 256) in 0..1."""
        if self._scale is None:
            return (reply.logits[0] > 0).astype(np.float32)
        return np.clip(self._head.score(_features(reply) * self._scale), 0, 1)


def _features(reply: Reply) -> np.ndarray:
    return np.concatenate([reply.fine, np.tanh(reply.logits / 4)]).transpose(1, 2, 0)
