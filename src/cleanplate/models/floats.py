"""Networks with 8-bit weights, computed in floats: for accelerators, which have no 8-bit layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx


def in_floats(model: onnx.ModelProto) -> None:
    """Turn convolutions of integers, and what makes integers for them, into convolutions of floats.

    ONNX Runtime's dynamic quantisation makes of each convolution: `DynamicQuantizeLinear`, giving
    integers, their scale and their zero; `ConvInteger`; and the product of both scales, by which
    that is multiplied. Here the input stays as it is, at the scale 1, and the weights are integers
    still, less their zero, so that what follows fits as it stands. Only rounding is lost.
    """
    from onnx import numpy_helper

    graph = model.graph
    known = {item.name: item for item in graph.initializer}
    plain = {}  # from integers to the floats that they were made of
    for node in [node for node in graph.node if node.op_type == "DynamicQuantizeLinear"]:
        integers, scale, _ = node.output
        plain[integers] = node.input[0]
        graph.initializer.append(numpy_helper.from_array(np.float32(1), scale))
        graph.node.remove(node)
    for node in [node for node in graph.node if node.op_type == "ConvInteger"]:
        weights, zero = (numpy_helper.to_array(known[node.input[i]]) for i in (1, 3))
        floats = weights.astype(np.float32) - zero.astype(np.float32)
        name = f"{node.input[1]}.floats"
        if name not in known:
            known[name] = numpy_helper.from_array(floats, name)
            graph.initializer.append(known[name])
        inputs = [plain[node.input[0]], name]
        node.op_type = "Conv"
        del node.input[:]
        node.input.extend(inputs)
