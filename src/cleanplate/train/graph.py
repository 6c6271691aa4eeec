"""The small network written as ONNX, operator by operator, so that no exporter is needed.

Batch normalisations are folded into the convolutions before them; their statistics are frozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 8
"""Old enough for every ONNX Runtime that is supported."""


class Writer:
    """Collects nodes and constants; each method adds one operator and returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0

    def constant(self, values: np.ndarray | float | Sequence, kind: type = np.float32) -> str:
        """A constant."""
        name = self._name("c")
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes) -> str:
        """Any operator of one output."""
        name = self._name(kind.lower())
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def conv(
        self,
        x: str,
        weight: np.ndarray,
        bias: np.ndarray | None,
        *,
        stride: int = 1,
        pads: tuple[int, int, int, int] | None = None,
        groups: int = 1,
    ) -> str:
        """A convolution; `pads` are top, left, bottom, right, by default so that the size stays."""
        around = weight.shape[2] // 2
        inputs = [x, self.constant(weight)] + ([] if bias is None else [self.constant(bias)])
        return self.node(
            "Conv",
            *inputs,
            strides=[stride, stride],
            pads=list(pads or (around,) * 4),
            group=groups,
        )

    def relu6(self, x: str) -> str:
        """Between 0 and 6."""
        return self.node("Clip", x, self.constant(0.0), self.constant(6.0))

    def double(self, x: str) -> str:
        """Twice the height and width, bilinear."""
        scales = self.constant([1.0, 1, 2, 2])
        return self.node(
            "Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel"
        )

    def group_norm(self, x: str, weight: np.ndarray, bias: np.ndarray, groups: int = 8) -> str:
        """Wu and He, "Group Normalization", ECCV 2018."""
        shape = self.node("Shape", x)
        flat = self.node("Reshape", x, self.constant([0, groups, -1], np.int64))
        ones, zeros = self.constant(np.ones(groups)), self.constant(np.zeros(groups))
        even = self.node("InstanceNormalization", flat, ones, zeros, epsilon=1e-5)
        back = self.node("Reshape", even, shape)
        scaled = self.node("Mul", back, self.constant(weight.reshape(1, -1, 1, 1)))
        return self.node("Add", scaled, self.constant(bias.reshape(1, -1, 1, 1)))

    def model(self, inputs: Mapping[str, Sequence], outputs: Mapping[str, Sequence]) -> bytes:
        """The whole as ONNX bytes; inputs and outputs are float32, with their shapes."""

        def infos(items: Mapping[str, Sequence]) -> list[onnx.ValueInfoProto]:
            make = helper.make_tensor_value_info
            return [make(name, TensorProto.FLOAT, list(shape)) for name, shape in items.items()]

        graph = helper.make_graph(
            self.nodes, "cleanplate", infos(inputs), infos(outputs), self.constants
        )
        opsets = [helper.make_opsetid("", OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=IR)
        onnx.checker.check_model(made)
        return made.SerializeToString()

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"


def write_small_network(state: Mapping[str, np.ndarray]) -> bytes:
    """The trained network as ONNX: "image" [1, 3, h, w], RGB in 0..255 -> "map" [1, 1, h, w], 0..1.

    `state` has the weights of `SmallNetwork` by name. Both sizes are multiples of 32.
    """
    from cleanplate.train.network import DEVIATION, MEAN

    out = Writer()
    x = out.node("Sub", "image", out.constant(MEAN))
    x = out.node("Div", x, out.constant(DEVIATION))
    maps = _backbone(out, x, {k.removeprefix("backbone."): v for k, v in state.items()})
    y = _refined(
        out, state, len(maps) - 1, _plain(out, state, f"lateral.{len(maps) - 1}", maps[-1])
    )
    for level in range(len(maps) - 2, -1, -1):
        lateral = _plain(out, state, f"lateral.{level}", maps[level])
        # A 1x1 convolution and an enlargement may change places, and so it costs a quarter.
        above = out.double(_plain(out, state, f"down.{level}", y))
        y = _refined(out, state, level, out.node("Add", lateral, above))
    logits = out.double(_plain(out, state, "last", y))
    out.nodes.append(helper.make_node("Sigmoid", [logits], ["map"]))
    return out.model({"image": [1, 3, "height", "width"]}, {"map": [1, 1, "height", "width"]})


def _plain(out: Writer, state: Mapping[str, np.ndarray], name: str, x: str) -> str:
    return out.conv(x, state[f"{name}.weight"], state[f"{name}.bias"])


def _refined(out: Writer, state: Mapping[str, np.ndarray], level: int, x: str) -> str:
    name = f"refine.{level}"
    groups = len(state[f"{name}.1.weight"])
    x = out.relu6(x)
    x = out.conv(x, state[f"{name}.1.weight"], None, groups=groups)
    x = out.conv(x, state[f"{name}.2.weight"], None)
    x = out.relu6(out.group_norm(x, state[f"{name}.3.weight"], state[f"{name}.3.bias"]))
    x = out.conv(x, state[f"{name}.5.weight"], None, groups=groups)
    return _plain(out, state, f"{name}.6", x)


def _backbone(out: Writer, x: str, state: Mapping[str, np.ndarray]) -> list[str]:
    from cleanplate.train.network import _STAGES, _TAPS

    x = out.relu6(_folded(out, state, "_conv_stem", "_bn0", x, stride=2))
    found, index, inputs = [], 0, 32
    for expansion, _, stride, outputs, repeats in _STAGES:
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            y, name = x, f"_blocks.{index}."
            if expansion > 1:
                y = out.relu6(_folded(out, state, f"{name}_expand_conv", f"{name}_bn0", y))
            wide = inputs * expansion
            y = _folded(out, state, f"{name}_depthwise_conv", f"{name}_bn1", y, step, wide)
            y = _folded(out, state, f"{name}_project_conv", f"{name}_bn2", out.relu6(y))
            x = out.node("Add", x, y) if step == 1 and inputs == outputs else y
            if index in _TAPS:
                found.append(x)
            index, inputs = index + 1, outputs
    return found


def _folded(
    out: Writer,
    state: Mapping[str, np.ndarray],
    conv: str,
    norm: str,
    x: str,
    stride: int = 1,
    groups: int = 1,
) -> str:
    """A convolution with the batch normalisation after it."""
    weight = state[f"{conv}.weight"]
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + 1e-3)
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    whole = weight.shape[2] - stride
    before = whole // 2
    pads = (before, before, whole - before, whole - before) if stride > 1 else None
    return out.conv(
        x, weight * scale[:, None, None, None], bias, stride=stride, pads=pads, groups=groups
    )
