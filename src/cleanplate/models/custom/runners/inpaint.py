"""Inpainting networks."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from cleanplate.models.custom import pictures
from cleanplate.models.custom.manifest import Inpaint
from cleanplate.models.custom.runners.base import OfPictures, Running, span


class CustomInpainter(OfPictures):
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
                f"it is {low:g}..{high:g}, and on a sample it gives {span(really)}",
            )
        return f"a filled picture, values {span(result)} of 0..255"
