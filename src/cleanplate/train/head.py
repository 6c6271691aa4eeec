"""A target head on a frozen backbone: fitted in closed form, in seconds, without torch.

The backbone is the promptable network's encoder, whose features tracking uses as well; the head is
tracking's own (`cleanplate.track.head`), taught by all examples at once. Both together become one ONNX file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cleanplate import models
from cleanplate.models import cache
from cleanplate.models.fetching import Watcher
from cleanplate.models.sessions import Session
from cleanplate.segment.refine import refine
from cleanplate.track.encoder import recut
from cleanplate.track.features import CHANNELS, GROUPS, Normaliser
from cleanplate.track.head import TargetHead
from cleanplate.track.network import NETWORK, input_size
from cleanplate.train.examples import Example

MEAN = [123.675, 116.28, 103.53]  # ImageNet, as the backbone was trained
DEVIATION = [58.395, 57.12, 57.375]

_PIXELS = 768 * 768  # of the backbone's input
_STEEP = 8.0  # how fast a score turns into certainty, around a half
_FINER = 4  # map cells for one cell of features


class Head:
    """A kind of object, as a linear map of frozen features.

    >>> head = Head.of(examples)                       # doctest: +SKIP
    >>> head.learn(examples).mask(image)               # doctest: +SKIP
    """

    def __init__(self, size: tuple[int, int], *, watch: Watcher | None = None) -> None:
        """`size` is the backbone's input, height and width; see `size_for`."""
        self.size = size
        cut = partial(recut, height=size[0], width=size[1])
        edit = (f"recut {size[1]}x{size[0]}", cut)
        self._encoder: Session = models.session(NETWORK, "encoder.onnx", watch=watch, edit=edit)
        self._normalise: Normaliser | None = None
        self._head = TargetHead(CHANNELS)

    def cells(self, image: np.ndarray) -> np.ndarray:
        """Features of a picture, RGB uint8 (h, w, 3): float32 (rows, columns, 864), one cell for 16
        pixels of the input."""
        small = cv2.resize(image, self.size[::-1], interpolation=_how(image.shape[:2], self.size))
        values = (small.astype(np.float32) - np.float32(MEAN)) / np.float32(DEVIATION)
        out = self._encoder.run({"input": values.transpose(2, 0, 1)[None]})
        rows, columns = self._grid
        texture = out["texture"][0].reshape(rows, 2, columns, 2, -1).mean((1, 3))
        parts, things = (out[k][0].reshape(rows, columns, -1) for k in ("parts", "things"))
        embedding = out["embedding"][0].transpose(1, 2, 0)
        return np.concatenate([texture, parts, things, embedding], -1)

    def learn(self, examples: Sequence[Example], cells: Sequence[np.ndarray] | None = None) -> Head:
        """Fit to examples, forgetting others; `cells` are their features where they are known."""
        cells = [self.cells(e.image) for e in examples] if cells is None else cells
        self._normalise = Normaliser(np.concatenate([c.reshape(-1, CHANNELS) for c in cells]))
        self._head = TargetHead(CHANNELS)
        for example, one in zip(examples, cells, strict=True):
            share = cv2.resize(
                example.mask.astype(np.float32), self._grid[::-1], interpolation=cv2.INTER_AREA
            )
            self._head.learn(self._normalise(one).reshape(-1, CHANNELS), share.reshape(-1))
        return self

    def mask(self, image: np.ndarray, cells: np.ndarray | None = None) -> np.ndarray:
        """The object in a picture, RGB uint8 (h, w, 3): bool (h, w)."""
        cells = self.cells(image) if cells is None else cells
        scores = self._head.score(self._normalise(cells)).astype(np.float32)
        soft = cv2.resize(
            (scores - 0.5) * _STEEP, image.shape[1::-1], interpolation=cv2.INTER_CUBIC
        )
        return refine(image, soft)

    def export(self) -> bytes:
        """Backbone and head as ONNX: "input" [1, 3, h, w], normalised -> "map" [1, 1, h/4, w/4]."""
        network = models.manifest(NETWORK)
        data = cache.read(network, network.file("encoder.onnx"))
        model = onnx.load_from_string(data)
        recut(model, *self.size)
        graph = model.graph
        weights = self._head.solution()
        graph.node.extend(_head_nodes())
        mean = self._normalise.mean
        starts = np.cumsum([0, *GROUPS])
        constants = {
            f"head.mean{i}": mean[a:b].reshape(1, -1, 1, 1) for i, (a, b) in _spans(starts)
        }
        rows, columns = self._grid
        constants |= {
            "head.weight": weights[:-1].reshape(1, -1, 1, 1) * _STEEP,
            "head.bias": np.float32([(weights[-1] - 0.5) * _STEEP]),
            "head.region": np.zeros(0, np.float32),  # unused, but older standards want it
            "head.least": np.float32(1e-6),
            "head.half": np.float32(0.5),
            "head.shape0": np.array([1, 2 * rows, 2 * columns, GROUPS[0]]),
            "head.shape1": np.array([1, rows, columns, GROUPS[1]]),
            "head.shape2": np.array([1, rows, columns, GROUPS[2]]),
            "head.finer": np.float32([1, 1, _FINER, _FINER]),
        }
        for name, values in constants.items():
            kind = np.int64 if "shape" in name else np.float32
            graph.initializer.append(numpy_helper.from_array(np.asarray(values, kind), name))
        del graph.output[:]
        shape = [1, 1, rows * _FINER, columns * _FINER]
        graph.output.append(helper.make_tensor_value_info("map", TensorProto.FLOAT, shape))
        graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
        return model.SerializeToString()

    @property
    def _grid(self) -> tuple[int, int]:
        return self.size[0] // 16, self.size[1] // 16


def size_for(examples: Sequence[Example]) -> tuple[int, int]:
    """The backbone's input for pictures of the shape that the examples mostly have."""
    aspect = float(np.median([e.mask.shape[0] / e.mask.shape[1] for e in examples]))
    return input_size(aspect, _PIXELS)


def _how(shape: tuple[int, int], size: tuple[int, int]) -> int:
    return cv2.INTER_AREA if size[0] < shape[0] else cv2.INTER_LINEAR


def _spans(starts: np.ndarray) -> list[tuple[int, tuple[int, int]]]:
    return list(enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)))


def _head_nodes() -> list[onnx.NodeProto]:
    """From the backbone's tensors (named as the encoder's taps are) to the map."""
    make = helper.make_node
    names = ("texture", "parts", "things")
    nodes = []
    for i, name in enumerate(names):
        nodes += [
            make("Reshape", [name, f"head.shape{i}"], [f"head.r{i}"]),
            make("Transpose", [f"head.r{i}"], [f"head.t{i}"], perm=[0, 3, 1, 2]),
        ]
    nodes += [
        make("AveragePool", ["head.t0"], ["head.g0"], kernel_shape=[2, 2], strides=[2, 2]),
        make("Identity", ["head.t1"], ["head.g1"]),
        make("Identity", ["head.t2"], ["head.g2"]),
        make("Identity", ["embedding"], ["head.g3"]),
    ]
    for i in range(len(GROUPS)):
        nodes += [
            make("Sub", [f"head.g{i}", f"head.mean{i}"], [f"head.c{i}"]),
            make("ReduceL2", [f"head.c{i}"], [f"head.l{i}"], axes=[1], keepdims=1),
            make("Max", [f"head.l{i}", "head.least"], [f"head.m{i}"]),
            make("Div", [f"head.c{i}", f"head.m{i}"], [f"head.u{i}"]),
        ]
    unit = [f"head.u{i}" for i in range(len(GROUPS))]
    return [
        *nodes,
        make("Concat", unit, ["head.units"], axis=1),
        make("Mul", ["head.units", "head.half"], ["head.cells"]),  # as `Normaliser` scales them
        make("Conv", ["head.cells", "head.weight", "head.bias"], ["head.coarse"]),
        make("Resize", ["head.coarse", "head.region", "head.finer"], ["head.fine"], mode="cubic"),
        make("Sigmoid", ["head.fine"], ["map"]),
    ]
