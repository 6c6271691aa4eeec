"""Detectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.manifest import Detect, SsdOut
from cleanplate.models.custom.runners.base import SLACK, OfPictures, sigmoid, softmax, span


class CustomDetector(OfPictures):
    """A detector. `boxes` answers as `cleanplate.segment.nanodet.NanoDet.boxes` does."""

    manifest: Detect

    def boxes(self, image: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores in one picture, many of them doubled.

        RGB uint8 (h, w, 3) and the least score worth giving -> float32 (n, 4), x0 y0 x1 y1 in
        pixels, and float32 (n, labels) in 0..1.
        """
        place, boxes, scores = self._raw(image)
        kept = scores.max(1, initial=0.0) > floor
        return place.boxes_to_frame(boxes[kept]), scores[kept]

    def check(self) -> str:
        """Run on a sample; returns what came of it, in words."""
        place, boxes, scores = self._raw(pictures.sample_picture())
        self._not_top(scores)
        if scores.size and (scores.min() < -SLACK or scores.max() > 1 + SLACK):
            raise self._wrong(
                "outputs.scores",
                f"scores should be 0..1, and on a sample they are {span(scores)}; "
                + (
                    "say kind: logits"
                    if isinstance(self.manifest.outputs, SsdOut)
                    else "are they logits, or is outputs.attributes the other one?"
                ),
            )
        reach = float(np.abs(boxes).max(initial=0.0))
        if reach > 20 * max(place.size):
            raise self._wrong(
                "outputs.coordinates",
                f"on a sample the boxes reach {reach:.0f} pixels, in an input of "
                f"{place.size[1]}x{place.size[0]}",
            )
        return f"{len(boxes)} boxes, the best score {float(scores.max(initial=0)):.2f}"

    def _not_top(self, scores: np.ndarray) -> None:
        """Two labels make six numbers a box, and so do a score and the number of its label."""
        out = self.manifest.outputs
        if isinstance(out, SsdOut) or out.scores != "probabilities" or scores.shape[1] != 2:
            return
        first, second = scores.T
        numbers = len(scores) > 1 and not out.objectness and (second == np.round(second)).all()
        if numbers and (np.diff(first) <= 0).all() and first.any():
            raise self._wrong(
                "outputs.scores",
                "what would be the second label's are whole numbers, behind scores in falling order; "
                "these are a label's numbers: say scores: top, and most likely format: xyxy",
            )

    def _raw(self, image: np.ndarray) -> tuple[pictures.Place, np.ndarray, np.ndarray]:
        out = self.manifest.outputs
        if isinstance(out, SsdOut):
            names = [out.boxes, out.scores, out.classes, out.count]
            place, answer = self._run(image, [name for name in names if name])
            boxes, scores = self._ssd(answer, out)
        else:
            place, answer = self._run(image, [out.boxes])
            boxes, scores = self._yolo(answer[out.boxes])
        boxes = self._finite("outputs.boxes", boxes)
        if out.coordinates == "share":
            horizontal_first = np.array([place.size[1], place.size[0]] * 2, np.float32)
            boxes = boxes * (horizontal_first[::-1] if out.format == "yxyx" else horizontal_first)
        return place, _corners(boxes, out.format), self._finite("outputs.scores", scores)

    def _yolo(self, tensor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = self.manifest.outputs
        if tensor.ndim != 3:
            raise self._wrong("outputs.boxes", f"on a sample it gives {list(tensor.shape)}")
        rows = tensor[0].T if out.attributes == "first" else tensor[0]
        if out.scores == "top":
            if rows.shape[1] != 6:
                raise self._wrong("outputs.scores", f"on a sample it gives {list(tensor.shape)}")
            return rows[:, :4], self._spread(rows[:, 5], rows[:, 4])
        first = 5 if out.objectness else 4
        if rows.shape[1] != first + len(self.labels):
            raise self._wrong(
                "labels",
                f"with {len(self.labels)} of them each box should have "
                f"{first + len(self.labels)} numbers, and on a sample it has {rows.shape[1]}",
            )
        scores = rows[:, first:]
        likely = rows[:, 4:5] if out.objectness else np.ones((len(rows), 1), np.float32)
        if out.scores == "logits":
            scores, likely = sigmoid(scores), sigmoid(likely) if out.objectness else likely
        return rows[:, :4], scores * likely

    def _ssd(self, answer: Mapping[str, np.ndarray], out: SsdOut) -> tuple[np.ndarray, np.ndarray]:
        plain = answer[out.boxes].ndim == 2  # no axis for several pictures
        boxes, scores = answer[out.boxes], answer[out.scores]
        boxes, scores = (boxes, scores) if plain else (boxes[0], scores[0])
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise self._wrong(
                "outputs.boxes", f"on a sample it gives {list(answer[out.boxes].shape)}"
            )
        count = len(boxes)
        if out.count is not None:
            count = int(np.clip(np.asarray(answer[out.count]).reshape(-1)[0], 0, count))
        if out.classes is None:
            if scores.ndim != 2:
                raise self._wrong("outputs.classes", "scores has no axis of labels; name classes")
            if out.kind == "logits":
                scores = sigmoid(scores) if out.background is None else softmax(scores, 1)
            if out.background is not None:
                scores = np.delete(scores, out.background, 1)
            if scores.shape[1] != len(self.labels):
                raise self._wrong(
                    "labels",
                    f"{len(self.labels)} are named, and scores have {scores.shape[1]} columns",
                )
            return boxes[:count], scores[:count]
        kinds = answer[out.classes] if plain else answer[out.classes][0]
        sure = sigmoid(scores) if out.kind == "logits" else scores
        spread = self._spread(kinds - out.first_label, sure)
        return boxes[:count], spread[:count]

    def _spread(self, kinds: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """One score and the number of its label for each box, as float32 (n, labels)."""
        kinds = np.nan_to_num(kinds, nan=-1.0).astype(int)
        spread = np.zeros((len(kinds), len(self.labels)), np.float32)
        known = (kinds >= 0) & (kinds < len(self.labels))
        spread[np.flatnonzero(known), kinds[known]] = scores[known]
        return spread


def _corners(boxes: np.ndarray, form: str) -> np.ndarray:
    """Boxes (n, 4) as x0 y0 x1 y1."""
    a, b, c, d = boxes.T if len(boxes) else np.zeros((4, 0), np.float32)
    if form == "cxcywh":
        return np.stack([a - c / 2, b - d / 2, a + c / 2, b + d / 2], 1)
    if form == "xywh":
        return np.stack([a, b, a + c, b + d], 1)
    return np.stack([b, a, d, c], 1) if form == "yxyx" else np.stack([a, b, c, d], 1)
