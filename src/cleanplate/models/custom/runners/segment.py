"""Semantic segmentation."""

from __future__ import annotations

import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.manifest import Segment
from cleanplate.models.custom.runners.base import SLACK, OfPictures, sigmoid, softmax, span


class CustomSegmenter(OfPictures):
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
            if maps.min() < -SLACK or maps.max() > 1 + SLACK:
                raise self._wrong(
                    "outputs.kind",
                    f"probabilities are 0..1, and on a sample it gives {span(maps)}; say logits",
                )
        elif len(maps) == 1:
            maps = sigmoid(maps)
        else:
            maps = softmax(maps, 0)
        keep = [n for n in range(every) if n != out.background]
        return np.ascontiguousarray(maps[keep])
