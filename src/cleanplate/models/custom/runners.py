"""Networks of the user's own at work: one class a task, arrays in, arrays out.

Each is made from a settled manifest (see `resolve`) and a session for each part, and has `check`,
which runs it on a sample and raises `ManifestError` where what comes out is not what was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import cv2
import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.facts import Facts
from cleanplate.models.custom.manifest import (
    CustomManifest,
    Detect,
    Inpaint,
    Matte,
    Prompted,
    Segment,
    SsdOut,
)
from cleanplate.models.custom.reading import ManifestError

_SLACK = 1e-3  # by which probabilities may pass 0 and 1 without being something else


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


class _OfPictures:
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


class CustomDetector(_OfPictures):
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
        if scores.size and (scores.min() < -_SLACK or scores.max() > 1 + _SLACK):
            raise self._wrong(
                "outputs.scores",
                f"scores should be 0..1, and on a sample they are {_span(scores)}; "
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
            scores, likely = _sigmoid(scores), _sigmoid(likely) if out.objectness else likely
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
                scores = _sigmoid(scores) if out.background is None else _softmax(scores, 1)
            if out.background is not None:
                scores = np.delete(scores, out.background, 1)
            if scores.shape[1] != len(self.labels):
                raise self._wrong(
                    "labels",
                    f"{len(self.labels)} are named, and scores have {scores.shape[1]} columns",
                )
            return boxes[:count], scores[:count]
        kinds = answer[out.classes] if plain else answer[out.classes][0]
        sure = _sigmoid(scores) if out.kind == "logits" else scores
        spread = self._spread(kinds - out.first_label, sure)
        return boxes[:count], spread[:count]

    def _spread(self, kinds: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """One score and the number of its label for each box, as float32 (n, labels)."""
        kinds = np.nan_to_num(kinds, nan=-1.0).astype(int)
        spread = np.zeros((len(kinds), len(self.labels)), np.float32)
        known = (kinds >= 0) & (kinds < len(self.labels))
        spread[np.flatnonzero(known), kinds[known]] = scores[known]
        return spread


class CustomSegmenter(_OfPictures):
    """Semantic segmentation."""

    manifest: Segment

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """How likely each pixel is each label: RGB (h, w, 3) -> float32 (labels, h, w), 0..1."""
        place, maps = self._maps(image)
        return np.stack([np.clip(place.map_to_frame(one), 0, 1) for one in maps])

    def logits(self, image: np.ndarray) -> np.ndarray:
        """The same as logits, clipped to -8..8 and with 0 at the manifest's threshold."""
        place, maps = self._maps(image)
        level = self.manifest.threshold
        offset = np.log(level / (1 - level))
        found = []
        for one in maps:
            sure = np.clip(one, 1e-4, 1 - 1e-4)
            found.append(place.map_to_frame(np.clip(np.log(sure / (1 - sure)) - offset, -8, 8)))
        return np.stack(found)

    @property
    def fine(self) -> bool:
        """Whether its map is as fine as its input, so that edges need no refining."""
        return self._fineness > 0.45

    _fineness = 1.0

    def check(self) -> str:
        """Run on a sample; returns what came of it, in words."""
        _, maps = self._maps(pictures.sample_picture())
        shares = ", ".join(
            f"{label} {share:.0%}"
            for label, share in zip(
                self.labels, (maps > self.manifest.threshold).mean((1, 2)), strict=True
            )
        )
        return f"a map of {maps.shape[2]}x{maps.shape[1]}; of the sample: {shares}"

    def _maps(self, image: np.ndarray) -> tuple[pictures.Place, np.ndarray]:
        """Probabilities (labels, h', w') as the network has them."""
        out = self.manifest.outputs
        place, answer = self._run(image, [out.map])
        values = answer[out.map]
        if out.kind == "indices":
            maps = self._of_indices(values)
        else:
            maps = self._of_scores(self._finite("outputs.map", values))
        self._fineness = maps.shape[1] / place.size[0]
        return place, maps

    def _of_indices(self, values: np.ndarray) -> np.ndarray:
        flat = np.squeeze(values)
        if flat.ndim != 2:
            raise self._wrong("outputs.kind", f"indices are [1, h, w], not {list(values.shape)}")
        background = self.manifest.outputs.background
        every = len(self.labels) + (background is not None)
        if flat.size and (flat.min() < 0 or flat.max() >= max(every, 2)):
            raise self._wrong(
                "labels", f"indices on a sample reach {flat.max()}, with {every} labels"
            )
        numbers = [n for n in range(every) if n != background]
        return np.stack([(flat == n).astype(np.float32) for n in numbers])

    def _of_scores(self, values: np.ndarray) -> np.ndarray:
        out = self.manifest.outputs
        if values.ndim != 4:
            raise self._wrong("outputs.map", f"on a sample it gives {list(values.shape)}")
        maps = values[0] if out.layout == "nchw" else values[0].transpose(2, 0, 1)
        every = len(self.labels) + (out.background is not None)
        if len(maps) != every:
            raise self._wrong("labels", f"{every} channels are named, and it gives {len(maps)}")
        if out.kind == "probabilities":
            if maps.min() < -_SLACK or maps.max() > 1 + _SLACK:
                raise self._wrong(
                    "outputs.kind",
                    f"probabilities are 0..1, and on a sample it gives {_span(maps)}; say logits",
                )
        elif len(maps) == 1:
            maps = _sigmoid(maps)
        else:
            maps = _softmax(maps, 0)
        keep = [n for n in range(every) if n != out.background]
        return np.ascontiguousarray(maps[keep])


class CustomMatte(_OfPictures):
    """A matting network; `reset` it before each shot if it has states."""

    manifest: Matte

    def __init__(self, manifest: Matte, session: Running) -> None:
        super().__init__(manifest, session)
        self._states: dict[str, np.ndarray] = {}

    @property
    def guided(self) -> str | None:
        """Whether it wants a "mask" or a "trimap" beside the picture, or neither."""
        return self.manifest.guide.kind if self.manifest.guide else None

    def reset(self) -> None:
        """Forget the frames before."""
        self._states = {}

    def matte(
        self, image: np.ndarray, guide: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Alpha, float32 (h, w) in 0..1, and the foreground's colour, float32 (h, w, 3) in 0..1, of
        a network that gives it.

        `guide` is a mask, bool or float32 (h, w), or a trimap of 0, 0.5 and 1, see `guided`.
        """
        out = self.manifest.outputs
        given = [out.alpha, *([out.foreground] if out.foreground else [])]
        more = self._more(image, guide)
        place, answer = self._run(image, [*given, *(name for name, _ in out.states)], more)
        self._states = {taken: answer[name] for name, taken in out.states}
        alpha = self._finite("outputs.alpha", answer[out.alpha])
        alpha = alpha.reshape(alpha.shape[-2:] if alpha.shape[1] == 1 else alpha.shape[1:3])
        if alpha.min() < -0.05 or alpha.max() > 1.05:
            raise self._wrong("outputs.alpha", f"alpha should be 0..1, and it gives {_span(alpha)}")
        whole = np.clip(place.map_to_frame(alpha), 0, 1)
        return whole, self._foreground(place, answer[out.foreground]) if out.foreground else None

    def check(self) -> str:
        """Run on a sample; returns what came of it, in words."""
        image = pictures.sample_picture()
        rough = np.zeros(image.shape[:2], np.float32)
        rough[60:200, 100:300] = 1
        self.reset()
        alpha, _ = self.matte(image, rough if self.guided else None)
        if self.manifest.outputs.states:
            self.matte(image, rough if self.guided else None)
        self.reset()
        return f"alpha from {alpha.min():.2f} to {alpha.max():.2f}"

    def _foreground(self, place: pictures.Place, values: np.ndarray) -> np.ndarray:
        values = self._finite("outputs.foreground", values)
        channels = values[0] if values.shape[1] == 3 else values[0].transpose(2, 0, 1)
        if len(channels) != 3:
            raise self._wrong("outputs.foreground", f"it gives {list(values.shape)}")
        order = channels[::-1] if self.manifest.input.colour == "bgr" else channels
        return np.clip(np.dstack([place.map_to_frame(one) for one in order]), 0, 1)

    def _more(self, image: np.ndarray, guide: np.ndarray | None) -> dict[str, np.ndarray]:
        more = dict(self._states)
        for _, taken in self.manifest.outputs.states:
            if (
                taken not in more
            ):  # before the first frame: as small as the network allows, and zero
                shape = [
                    s if isinstance(s, int) and s > 0 else 1 for s in self._session.inputs[taken]
                ]
                more[taken] = np.zeros(shape, np.float32)
        if self.manifest.guide is not None:
            if guide is None:
                raise ManifestError("guide", "the network wants a mask, and none was given")
            place = pictures.place_of(image.shape[:2], self.manifest.input)
            small = cv2.resize(
                guide.astype(np.float32), place.inner[::-1], interpolation=cv2.INTER_AREA
            )
            if self.manifest.guide.kind == "trimap":
                small = np.where(small > 0.99, 1, np.where(small < 0.01, 0, 0.5))
            padded = np.zeros((*place.size, 1), np.float32)
            padded[
                place.top : place.top + place.inner[0], place.left : place.left + place.inner[1], 0
            ] = small
            layout = self.manifest.input.layout or "nchw"
            more[self.manifest.guide.name] = pictures.laid_out(padded, layout)
        return more


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


class CustomInpainter(_OfPictures):
    """An inpainting network, to be run as LaMa is: a session of the same names and ranges.

    Takes "image" float32 [1, 3, h, w] in 0..1 and "mask" float32 [1, 1, h, w], 1 where to fill;
    gives "output" float32 [1, 3, h, w] in 0..255. So whatever runs LaMa runs it.
    """

    manifest: Inpaint

    def __init__(self, manifest: Inpaint, session: Running) -> None:
        super().__init__(manifest, session)
        self.name = session.name
        size = manifest.input.size or ("height", "width")
        self.inputs = {"image": (1, 3, *size), "mask": (1, 1, *size)}
        self.outputs = {"output": (1, 3, *size)}
        self.types = dict.fromkeys(("image", "mask", "output"), "tensor(float)")

    def run(
        self, feeds: Mapping[str, np.ndarray], outputs: list[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run once, as a `cleanplate.models.Session` is run."""
        image = np.moveaxis(feeds["image"][0], 0, 2) * 255
        mask = feeds["mask"][0, 0] > 0.5
        rules, hole = self.manifest.input, self.manifest.hole
        shape = mask.shape
        place = pictures.place_of(shape, rules)
        inner = cv2.resize(
            mask.astype(np.uint8), place.inner[::-1], interpolation=cv2.INTER_NEAREST
        )
        spread = np.zeros((*place.size, 1), np.float32)
        spread[: place.inner[0], : place.inner[1], 0] = inner
        kind = self._session.types[hole.name]
        value = (spread if hole.fill == "high" else 1 - spread) * (255 if "uint8" in kind else 1)
        fed = pictures.laid_out(value, rules.layout or "nchw")
        fed = fed.astype(np.uint8 if "uint8" in kind else bool if "bool" in kind else np.float32)
        name = self.manifest.outputs.name
        _, answer = self._run(image.astype(np.float32), [name], {hole.name: fed})
        result = self._finite("outputs.name", answer[name])
        channels = result[0] if result.shape[1] == 3 else result[0].transpose(2, 0, 1)
        if len(channels) != 3:
            raise self._wrong("outputs.name", f"it gives {list(result.shape)}, and no RGB picture")
        low, high = self.manifest.outputs.range
        order = channels[::-1] if rules.colour == "bgr" else channels
        whole = np.stack([place.map_to_frame(one) for one in order])
        return {"output": ((whole - low) * (255 / (high - low)))[None].astype(np.float32)}

    def check(self) -> str:
        """Run on a sample; returns what came of it, in words."""
        shape = self.manifest.input.size or (256, 256)
        image = pictures.sample_picture(shape).astype(np.float32) / 255
        mask = np.zeros((1, 1, *shape), np.float32)
        mask[..., shape[0] // 3 : shape[0] // 2, shape[1] // 3 : shape[1] // 2] = 1
        given = np.ascontiguousarray(image.transpose(2, 0, 1))[None]
        result = self.run({"image": given, "mask": mask})["output"]
        low, high = self.manifest.outputs.range
        if result.max() < 6 or result.max() > 400 or result.min() < -150:
            really = (result / 255 * (high - low) + low).astype(np.float32)
            raise self._wrong(
                "outputs.range",
                f"it is {low:g}..{high:g}, and on a sample it gives {_span(really)}",
            )
        return f"a filled picture, values {_span(result)} of 0..255"


def _corners(boxes: np.ndarray, form: str) -> np.ndarray:
    """Boxes (n, 4) as x0 y0 x1 y1."""
    a, b, c, d = boxes.T if len(boxes) else np.zeros((4, 0), np.float32)
    if form == "cxcywh":
        return np.stack([a - c / 2, b - d / 2, a + c / 2, b + d / 2], 1)
    if form == "xywh":
        return np.stack([a, b, a + c, b + d], 1)
    return np.stack([b, a, d, c], 1) if form == "yxyx" else np.stack([a, b, c, d], 1)


def _on_square(mask: np.ndarray, shape: tuple[int, int], padded: bool) -> np.ndarray:
    """Logits of a decoder, over the frame or over it `padded`, as (256, 256) over the padding."""
    if padded:
        return mask if mask.shape == (256, 256) else cv2.resize(mask, (256, 256))
    scale = 256 / max(shape)
    inner = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    square = np.full((256, 256), -8.0, np.float32)
    square[: inner[1], : inner[0]] = cv2.resize(mask, inner, interpolation=cv2.INTER_AREA)
    return square


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def _softmax(values: np.ndarray, axis: int) -> np.ndarray:
    raised = np.exp(values - values.max(axis, keepdims=True))
    return raised / raised.sum(axis, keepdims=True)


def _span(values: np.ndarray) -> str:
    return f"{float(values.min()):.3g}..{float(values.max()):.3g}"
