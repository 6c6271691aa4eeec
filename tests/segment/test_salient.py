"""The salient network at other sizes than the one that is written into its file."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from cleanplate.models import Session
from cleanplate.segment.salient import _any_size


def test_a_size_that_the_graph_works_out_for_itself_follows_the_input():
    nodes = [
        helper.make_node("MaxPool", ["input"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Shape", ["half"], ["shape"]),
        helper.make_node("Slice", ["shape", "from", "to"], ["batch"]),
        helper.make_node("Concat", ["batch", "rest"], ["sizes"], axis=0),
        helper.make_node("Resize", ["half", "", "", "sizes"], ["large"], mode="nearest"),
        helper.make_node("Relu", ["large"], ["output"]),
    ]
    constants = {"from": [0], "to": [1], "rest": [1, 64, 64]}
    graph = helper.make_graph(
        nodes,
        "salient",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 1, 64, 64])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 64, 64])],
        [numpy_helper.from_array(np.int64(v), k) for k, v in constants.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    _any_size(model)
    given = np.ones((1, 1, 128, 192), np.float32)
    assert Session(model.SerializeToString()).run({"input": given})["output"].shape == given.shape
