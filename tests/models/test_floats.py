"""8-bit networks computed in floats give what they give in integers, but for rounding."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cleanplate.models.floats import in_floats
from cleanplate.models.sessions import Session


def _quantised(kernel: np.ndarray, zero: int) -> onnx.ModelProto:
    """A convolution at stride 2 as ONNX Runtime's dynamic quantisation writes it, twice over."""
    nodes, constants, last = [], [], "x"
    for i in range(2):
        nodes += [
            helper.make_node("DynamicQuantizeLinear", [last], [f"q{i}", f"s{i}", f"z{i}"]),
            helper.make_node(
                "ConvInteger",
                [f"q{i}", "w", f"z{i}", "wz"],
                [f"n{i}"],
                pads=[1] * 4,
                strides=[2, 2],
            ),
            helper.make_node("Cast", [f"n{i}"], [f"f{i}"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"s{i}", "ws"], [f"ss{i}"]),
            helper.make_node("Mul", [f"f{i}", f"ss{i}"], [f"y{i}"]),
        ]
        last = f"y{i}"
    constants = [
        numpy_helper.from_array(kernel, "w"),
        numpy_helper.from_array(np.uint8(zero), "wz"),
        numpy_helper.from_array(np.float32(0.01), "ws"),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])
    y = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 3, 4, 4])
    graph = helper.make_graph(nodes, "quantised", [x], [y], constants)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


@pytest.mark.parametrize("zero", [0, 128])
def test_only_rounding_is_lost(zero):
    random = np.random.default_rng(3)
    model = _quantised(random.integers(0, 256, (3, 3, 3, 3)).astype(np.uint8), zero)
    feeds = {"x": random.normal(size=(1, 3, 16, 16)).astype(np.float32)}
    integers = Session(model.SerializeToString()).run(feeds)["y1"]
    in_floats(model)
    assert not {"ConvInteger", "DynamicQuantizeLinear"} & {n.op_type for n in model.graph.node}
    floats = Session(model.SerializeToString()).run(feeds)["y1"]
    assert np.abs(floats - integers).max() < 0.02 * np.abs(integers).max()
