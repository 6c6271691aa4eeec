"""Matting networks."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.manifest import Matte
from cleanplate.models.custom.reading import ManifestError
from cleanplate.models.custom.runners.base import OfPictures, Running, span


class CustomMatte(OfPictures):
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
            raise self._wrong("outputs.alpha", f"alpha should be 0..1, and it gives {span(alpha)}")
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
