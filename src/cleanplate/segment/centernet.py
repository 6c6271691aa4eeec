"""CenterNet on MobileNetV3: boxes of eighty kinds of object in one small picture.

Zhou, Wang and Krähenbühl, "Objects as Points", 2019. A second opinion beside NanoDet; its source
states no licence, so it is fetched only when it is asked for.
"""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate import models
from cleanplate.models.fetching import Watcher
from cleanplate.segment.kinds import KINDS

NETWORK = "centernet"
SIDE = 512


class CenterNet:
    """The network; `boxes` answers for one picture, as `NanoDet.boxes` does."""

    def __init__(self, *, watch: Watcher | None = None) -> None:
        """Load the network, fetching it on first use (see `cleanplate.models.fetch`)."""
        self._session = models.session(NETWORK, watch=watch)

    def boxes(self, image: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores in one picture; see `NanoDet.boxes`. Stretched to 512 x 512."""
        height, width = image.shape[:2]
        small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        answer = self._session.run({"tower_0/images": small[None].astype(np.float32)})
        found = answer["tower_0/detections"][0]
        found = found[found[:, 4] > floor]
        scores = np.zeros((len(found), len(KINDS)), np.float32)
        scores[np.arange(len(found)), found[:, 5].astype(int)] = found[:, 4]
        return found[:, :4] * np.array([width, height] * 2, np.float32) / SIDE, scores
