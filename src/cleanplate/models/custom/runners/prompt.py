"""Promptable networks."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.facts import Facts
from cleanplate.models.custom.manifest import Prompted
from cleanplate.models.custom.reading import ManifestError
from cleanplate.models.custom.runners.base import Running


class CustomPrompted:
    """A promptable network in the manner of Segment Anything."""

    def __init__(self, manifest: Prompted, encoder: Running, decoder: Running) -> None:
        self.manifest = manifest
        self._encoder, self._decoder = encoder, decoder
        self._constants = {
            name: pictures.constant(value, decoder.inputs[name], decoder.types[name])
            for name, value in manifest.constants.items()
        }

    labels: tuple[str, ...] = ()

    def embed(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """What the encoder makes of a frame, RGB uint8 (h, w, 3), by the decoder's input names."""
        rules, parts = self.manifest.input, self.manifest.outputs.features
        place = pictures.place_of(image.shape[:2], rules)
        fed = pictures.feed(image, place, rules, self._encoder.types[rules.name])
        answer = self._encoder.run({rules.name: fed}, list(parts))
        return {parts[name]: values for name, values in answer.items()}

    def answer(
        self,
        features: Mapping[str, np.ndarray],
        points: np.ndarray,
        labels: np.ndarray,
        shape: tuple[int, int],
        logits: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Masks for one prompt.

        `points` float (n, 2), x then y in pixels of a frame of `shape` (h, w), counted from pixel
        corners; `labels` (n,): 1 on, 0 off, 2 and 3 a box's corners, -1 none; `logits` float32
        (256, 256) over the frame padded to a square: an answer to correct.

        Returns logits, float32 (k, 256, 256) in the same way, and scores (k,).
        """
        out = self.manifest.outputs
        rules = self.manifest.input
        place = pictures.place_of(shape, rules)
        scale = np.array(place.inner[::-1]) / np.array(shape[::-1])
        moved = points * scale + [place.left, place.top]
        feeds = {
            **features,
            out.points: moved[None].astype(np.float32),
            out.labels: labels[None].astype(np.float32),
            **self._constants,
        }
        if out.mask is not None:
            sides = [
                s if isinstance(s, int) and s > 0 else 256
                for s in self._decoder.inputs[out.mask][2:]
            ]
            given = np.zeros((256, 256), np.float32) if logits is None else logits
            if rules.fit != "corner":  # the network sees the frame alone, without the padding
                scale = 256 / max(shape)
                given = given[: max(1, round(shape[0] * scale)), : max(1, round(shape[1] * scale))]
            if list(given.shape) != sides:
                given = cv2.resize(given, sides[::-1], interpolation=cv2.INTER_LINEAR)
            feeds[out.mask] = given.reshape(1, 1, *given.shape).astype(np.float32)
        if out.has_mask is not None:
            feeds[out.has_mask] = np.array([logits is not None], np.float32)
        if out.size is not None:
            feeds[out.size] = np.array(shape, np.float32)
        feeds = {
            n: f.astype(np.int64) if self._decoder.types[n] == "tensor(int64)" else f
            for n, f in feeds.items()
        }
        wanted = out.logits or out.masks
        answer = self._decoder.run(feeds, [wanted, out.scores])
        masks = np.asarray(answer[wanted], np.float32)
        if masks.ndim != 4 or not np.isfinite(masks).all():
            raise ManifestError(
                "outputs.masks",
                f"on a prompt it gives {list(masks.shape)}",
                Facts.of_session(self._decoder).describe(),
            )
        padded = out.logits is not None and rules.fit == "corner"
        square = np.stack([_on_square(one, shape, padded) for one in masks[0]])
        return square, np.asarray(answer[out.scores], np.float32).reshape(-1)[: len(square)]

    def check(self) -> str:
        """Run on a sample; returns what came of it, in words."""
        image = pictures.sample_picture()
        features = self.embed(image)
        shape = image.shape[:2]
        points, labels = np.array([[192.5, 135.5], [0, 0]]), np.array([1, -1])
        masks, scores = self.answer(features, points, labels, shape)
        self.answer(
            features, np.array([[120.0, 60], [260, 210]]), np.array([2, 3]), shape, masks[0]
        )
        if len(scores) != len(masks):
            raise ManifestError(
                "outputs.scores",
                f"there are {len(scores)} for {len(masks)} masks",
                Facts.of_session(self._decoder).describe(),
            )
        return f"{len(masks)} masks for a click, the best score {scores.max():.2f}"


def _on_square(mask: np.ndarray, shape: tuple[int, int], padded: bool) -> np.ndarray:
    """Logits of a decoder, over the frame or over it `padded`, as (256, 256) over the padding."""
    if padded:
        return mask if mask.shape == (256, 256) else cv2.resize(mask, (256, 256))
    scale = 256 / max(shape)
    inner = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    square = np.full((256, 256), -8.0, np.float32)
    square[: inner[1], : inner[0]] = cv2.resize(mask, inner, interpolation=cv2.INTER_AREA)
    return square
