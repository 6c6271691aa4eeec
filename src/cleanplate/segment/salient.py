"""What stands out in a frame, whatever it is.

Qin et al., "Highly Accurate Dichotomous Image Segmentation" (ISNet), ECCV 2022; and Qin et al.,
"U2-Net", Pattern Recognition 2020, as a smaller and weaker one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from cleanplate import models
from cleanplate.errors import UsageError
from cleanplate.models.fetching import Watcher
from cleanplate.models.floats import in_floats
from cleanplate.models.providers import CPU, chosen
from cleanplate.models.sessions import Edit

if TYPE_CHECKING:
    import onnx

_TRAINED_SIDE = 1024  # ISNet's input, in pixels
_STEP = 64  # pixels: it halves its input so often that sides are multiples of this
_SPARE = 0.1  # of a step that may be left out
_U2NETP_SIDE = 320
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

# ISNet's decoder, by stride: the name of the tensor. Channels: 64, 64, 128, 256, 512, 512.
_FEATURES = {
    2: "input.1252",
    4: "input.1088",
    8: "input.948",
    16: "input.832",
    32: "input.740",
    64: "input.656",
}


class Salient:
    """The salient object network.

    >>> salient = Salient(side=512)                 # doctest: +SKIP
    >>> salient.matte(frame)                        # doctest: +SKIP
    """

    def __init__(
        self, network: str = "isnet", *, side: int = _TRAINED_SIDE, watch: Watcher | None = None
    ) -> None:
        """Load the network, fetching it on first use (see `cleanplate.models.fetch`).

        Parameters
        ----------
        network
            "isnet" (8-bit weights), "isnet-fp16" (slower, slightly better) or "u2netp".
        side
            Pixels of ISNet's square input, a multiple of 64. 1024 is what it was trained on; at
            512 it is four times faster and nearly as good when the subject fills the frame.
        """
        if network not in ("isnet", "isnet-fp16", "u2netp"):
            raise UsageError(f"There is no salient network {network}: take isnet or u2netp.")
        if side % 64 or side <= 0:
            raise UsageError(f"The side must be a multiple of 64, which {side} is not.")
        self._small = network == "u2netp"
        self.side = _U2NETP_SIDE if self._small else side
        edit = None if self._small else _edit_for(network)
        self._session = models.session(network, watch=watch, edit=edit)

    def matte(self, image: np.ndarray, *, unstretched: bool = False) -> np.ndarray:
        """How much each pixel belongs to what stands out: RGB (h, w, 3) -> float32 (h, w), 0..1.

        ISNet sees the image stretched to its square, as in its training; `unstretched`, with its
        longer side at that size and its proportions kept, to the next 64 pixels: a tall thin image
        takes less time.
        """
        if self._small:
            answer = self._session.run({"input.1": self._u2netp_input(image)})["mask"][0, 0]
            low, high = answer.min(), answer.max()
            answer = (answer - low) / max(high - low, 1e-6)
        else:
            seen = self._isnet_input(image, self._kept(image) if unstretched else None)
            answer = self._session.run({"input": seen}, ["output"], keep_memory=unstretched)
            answer = answer["output"][0, 0]
        size = image.shape[1::-1]
        return np.clip(cv2.resize(answer, size, interpolation=cv2.INTER_LINEAR), 0, 1)

    def features(
        self, image: np.ndarray, strides: tuple[int, ...] = (4, 8, 16)
    ) -> dict[int, np.ndarray]:
        """ISNet's decoder features of a frame or crop, for fitting a head to a user's object.

        Parameters
        ----------
        image
            RGB (h, w, 3), stretched to the square input.
        strides
            Which of 2, 4, 8, 16, 32 and 64.

        Returns
        -------
        By stride, float32 (channels, side / stride, side / stride), with 64, 64, 128, 256, 512
        and 512 channels; and under 0 the matte at the network's size, float32 (side, side).

        Raises UsageError for u2netp, whose features are not worth having.
        """
        if self._small:
            raise UsageError("u2netp gives no features: take isnet.")
        wanted = ["output", *(_FEATURES[stride] for stride in strides)]
        answer = self._session.run({"input": self._isnet_input(image)}, wanted)
        found = {stride: answer[_FEATURES[stride]][0] for stride in strides}
        return {0: answer["output"][0, 0], **found}

    def _kept(self, image: np.ndarray) -> tuple[int, int]:
        """The network's input for an image in its own proportions, width and height in pixels."""
        height, width = image.shape[:2]
        scale = self.side / max(height, width)
        return tuple(_STEP * max(1, math.ceil(n * scale / _STEP - _SPARE)) for n in (width, height))

    def _isnet_input(self, image: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
        return ((self._resized(image, size) - 128) / 256).transpose(2, 0, 1)[None]

    def _u2netp_input(self, image: np.ndarray) -> np.ndarray:
        square = self._resized(image)
        normal = (square / max(float(square.max()), 1.0) - _MEAN) / _DEVIATION
        return normal.transpose(2, 0, 1)[None]

    def _resized(self, image: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        small = cv2.resize(image, size or (self.side, self.side), interpolation=cv2.INTER_AREA)
        return small.astype(np.float32)


def salient_objects(matte: np.ndarray, *, least: float = 0.005) -> list[np.ndarray]:
    """The separate things in a matte, float32 (h, w): masks, bool (h, w), the largest first.

    `least` is the share of the frame below which a thing is a speck.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((matte > 0.5).astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda i: -areas[i])
    return [labels == i for i in order if areas[i] >= least * matte.size]


def _edit_for(network: str) -> Edit:
    if network == "isnet" and chosen()[0] != CPU:
        return ("any size, in floats", lambda model: (_any_size(model), in_floats(model)))
    return ("any size", _any_size)


def _any_size(model: onnx.ModelProto) -> None:
    """Make ISNet's exported graph, whose sizes are all written into it, work at any multiple of 64.

    Every size that it resizes to is a whole multiple of what comes in.
    """
    from onnx import numpy_helper, shape_inference

    known = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        item.name: [dim.dim_value for dim in item.type.tensor_type.shape.dim]
        for item in (*known.value_info, *known.output)
    }
    for node in model.graph.node:
        if node.op_type == "Resize":
            before, after = shapes[node.input[0]], shapes[node.output[0]]
            factors = np.float32([new / old for old, new in zip(before, after, strict=True)])
            name = f"{node.output[0]}.factors"
            model.graph.initializer.append(numpy_helper.from_array(factors, name))
            del node.input[1:]
            node.input.extend(["", name])
    del model.graph.value_info[:]
    for item in (*model.graph.input, *model.graph.output):
        for size, axis in zip(
            item.type.tensor_type.shape.dim[2:], ("rows", "columns"), strict=True
        ):
            size.dim_param = f"{item.name}.{axis}"
