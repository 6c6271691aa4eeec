"""Small networks made on the spot, one for every task: they look for what is red."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
_NODE = helper.make_node


def constant(name: str, values, kind=np.float32):
    return numpy_helper.from_array(np.array(values, kind), name)


def model(nodes, inputs, outputs, constants: Sequence = (), opsets: Sequence = ()) -> bytes:
    """ONNX bytes; `inputs` and `outputs` are (name, shape) or (name, shape, type)."""

    def info(item):
        name, shape, *kind = item
        return helper.make_tensor_value_info(name, kind[0] if kind else FLOAT, shape)

    graph = helper.make_graph(
        list(nodes), "test", list(map(info, inputs)), list(map(info, outputs)), list(constants)
    )
    ids = [helper.make_opsetid("", 17), *opsets]
    return helper.make_model(graph, opset_imports=ids, ir_version=8).SerializeToString()


# Red less the mean of green and blue, from RGB in 0..1.
_REDNESS = constant("redness", np.reshape([1.0, -0.5, -0.5], (1, 3, 1, 1)))


def segmenter(size: Sequence = ("n", 3, "h", "w"), channels: int = 1) -> bytes:
    """Logits: how red a pixel is; with 2 channels also how blue."""
    weights = np.reshape([12.0, -6, -6, -6, -6, 12][: 3 * channels], (channels, 3, 1, 1))
    nodes = [_NODE("Conv", ["image", "weights", "bias"], ["map"])]
    constants = [constant("weights", weights), constant("bias", [-3.0] * channels)]
    out = ["n", channels, *size[2:]]
    return model(nodes, [("image", list(size))], [("map", out)], constants)


def _box_nodes(rows: int, columns: int) -> tuple[list, list]:
    """Nodes that give the box of what is red, as [1, 4] x0 y0 x1 y1 in pixels."""
    nodes = [
        _NODE("Conv", ["image", "redness"], ["red"]),
        _NODE("Greater", ["red", "level"], ["is"]),
        _NODE("Cast", ["is"], ["on"], to=FLOAT),
    ]
    for axis, name in ((2, "x"), (3, "y")):
        nodes += [
            _NODE("ReduceMax", ["on"], [f"{name}on"], axes=[axis], keepdims=0),
            _NODE("Mul", [f"{name}on", f"{name}up"], [f"{name}a"]),
            _NODE("ReduceMax", [f"{name}a"], [f"{name}1"], axes=[1, 2], keepdims=0),
            _NODE("Mul", [f"{name}on", f"{name}down"], [f"{name}b"]),
            _NODE("ReduceMax", [f"{name}b"], [f"{name}r"], axes=[1, 2], keepdims=0),
            _NODE("Sub", [f"{name}size", f"{name}r"], [f"{name}0"]),
        ]
    constants = [_REDNESS, constant("level", 0.3)]
    for name, count in (("x", columns), ("y", rows)):
        up = np.arange(1, count + 1)
        constants += [constant(f"{name}up", up), constant(f"{name}down", up[::-1])]
        constants += [constant(f"{name}size", [float(count)])]
    return nodes, constants


def yolo(side: int = 64) -> bytes:
    """[1, 6, 2]: two boxes as cx cy w h in pixels and the scores of two labels; the first box is what
    is red, of label 0, the second nothing."""
    nodes, constants = _box_nodes(side, side)
    nodes += [
        _NODE("Add", ["x0", "x1"], ["xs"]),
        _NODE("Mul", ["xs", "half"], ["cx"]),
        _NODE("Add", ["y0", "y1"], ["ys"]),
        _NODE("Mul", ["ys", "half"], ["cy"]),
        _NODE("Sub", ["x1", "x0"], ["w"]),
        _NODE("Sub", ["y1", "y0"], ["h"]),
        _NODE("Concat", ["cx", "cy", "w", "h", "sure", "none"], ["row"], axis=0),
        _NODE("Mul", ["row", "zero"], ["nothing"]),
        _NODE("Concat", ["row", "nothing"], ["rows"], axis=0),
        _NODE("Reshape", ["rows", "shape"], ["both"]),
        _NODE("Transpose", ["both"], ["out"], perm=[0, 2, 1]),
    ]
    constants += [constant("half", 0.5), constant("sure", [0.9]), constant("none", [0.05])]
    constants += [constant("zero", 0.0), constant("shape", [1, 2, 6], np.int64)]
    return model(nodes, [("image", [1, 3, side, side])], [("out", [1, 6, 2])], constants)


def chosen(side: int = 64) -> bytes:
    """[1, 3, 6]: the box of what is red as x0 y0 x1 y1, its score and its label's number, 1; then two
    that are nothing, as a network gives it that drops doubles itself."""
    nodes, constants = _box_nodes(side, side)
    nodes += [
        _NODE("Concat", ["x0", "y0", "x1", "y1", "sure", "kind"], ["row"], axis=0),
        _NODE("Mul", ["row", "zero"], ["nothing"]),
        _NODE("Concat", ["row", "nothing", "nothing"], ["rows"], axis=0),
        _NODE("Reshape", ["rows", "shape"], ["out"]),
    ]
    constants += [constant("sure", [0.9]), constant("kind", [1.0]), constant("zero", 0.0)]
    constants += [constant("shape", [1, 3, 6], np.int64)]
    return model(nodes, [("image", [1, 3, side, side])], [("out", [1, 3, 6])], constants)


def unbatched(side: int = 64) -> bytes:
    """Boxes [1, 4] as x0 y0 x1 y1 in pixels, labels [1] counted from 1, and scores [1], without an
    axis for several pictures."""
    nodes, constants = _box_nodes(side, side)
    nodes += [
        _NODE("Concat", ["x0", "y0", "x1", "y1"], ["corners"], axis=0),
        _NODE("Reshape", ["corners", "shape"], ["boxes"]),
        _NODE("Identity", ["sure"], ["scores"]),
        _NODE("Identity", ["kind"], ["labels"]),
    ]
    constants += [constant("shape", [1, 4], np.int64), constant("sure", [0.9])]
    constants += [constant("kind", [1], np.int64)]
    given = [("boxes", [1, 4]), ("labels", [1], TensorProto.INT64), ("scores", [1])]
    return model(nodes, [("image", [1, 3, side, side])], given, constants)


def queries(side: int = 64) -> bytes:
    """Boxes [1, 1, 4] as cx cy w h in shares, and logits [1, 1, 2], of which the last is nothing."""
    nodes, constants = _box_nodes(side, side)
    nodes += [
        _NODE("Concat", ["x0", "y0", "x1", "y1"], ["corners"], axis=0),
        _NODE("MatMul", ["turn", "corners"], ["centred"]),
        _NODE("Reshape", ["centred", "shape"], ["boxes"]),
        _NODE("Identity", ["sure"], ["logits"]),
    ]
    turn = np.array([[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [-1, 0, 1, 0], [0, -1, 0, 1]]) / side
    constants += [constant("turn", turn), constant("sure", [[[3.0, -1.0]]])]
    constants += [constant("shape", [1, 1, 4], np.int64)]
    given = [("boxes", [1, 1, 4]), ("logits", [1, 1, 2])]
    return model(nodes, [("image", [1, 3, side, side])], given, constants)


def ssd(side: int = 64) -> bytes:
    """Boxes [1, 1, 4] as y0 x0 y1 x1 in shares, scores [1, 1], classes [1, 1] counted from 1, from
    bytes [1, h, w, 3]."""
    nodes, constants = _box_nodes(side, side)
    first = [
        _NODE("Cast", ["bytes"], ["float"], to=FLOAT),
        _NODE("Mul", ["float", "unit"], ["scaled"]),
        _NODE("Transpose", ["scaled"], ["image"], perm=[0, 3, 1, 2]),
    ]
    last = [
        _NODE("Concat", ["y0", "x0", "y1", "x1"], ["corners"], axis=0),
        _NODE("Div", ["corners", "side"], ["shares"]),
        _NODE("Reshape", ["shares", "shape"], ["boxes"]),
        _NODE("Identity", ["one"], ["scores"]),
        _NODE("Identity", ["kind"], ["classes"]),
    ]
    constants += [constant("unit", 1 / 255), constant("side", float(side))]
    constants += [constant("shape", [1, 1, 4], np.int64)]
    constants += [constant("one", [[0.8]]), constant("kind", [[1.0]])]
    taken = [("bytes", [1, side, side, 3], TensorProto.UINT8)]
    given = [("boxes", [1, 1, 4]), ("scores", [1, 1]), ("classes", [1, 1])]
    return model([*first, *nodes, *last], taken, given, constants)


def matte() -> bytes:
    """Alpha: how red a pixel is, less a little at the first frame; a state says which that is."""
    nodes = [
        _NODE("Conv", ["image", "redness"], ["red"]),
        _NODE("Mul", ["seen", "little"], ["more"]),
        _NODE("Add", ["red", "more"], ["sum"]),
        _NODE("Clip", ["sum", "low", "high"], ["alpha"]),
        _NODE("Mul", ["seen", "low"], ["gone"]),
        _NODE("Add", ["gone", "high"], ["now"]),
    ]
    constants = [_REDNESS, constant("little", 0.25), constant("low", 0.0), constant("high", 1.0)]
    taken = [("image", [1, 3, "h", "w"]), ("seen", [1, 1, "a", "b"])]
    return model(nodes, taken, [("alpha", [1, 1, "h", "w"]), ("now", [1, 1, "a", "b"])], constants)


def encoder(side: int = 64) -> bytes:
    """The features of a promptable network: how red each of 16 x 16 cells is."""
    nodes = [
        _NODE("Conv", ["picture", "redness"], ["red"]),
        _NODE("AveragePool", ["red"], ["features"], kernel_shape=[4, 4], strides=[4, 4]),
    ]
    taken = [("picture", [1, 3, side, side])]
    return model(nodes, taken, [("features", [1, 1, 16, 16])], [_REDNESS])


def decoder() -> bytes:
    """One mask, logits [1, 1, 256, 256]: what is red, if a point is given, whatever it says."""
    nodes = [
        _NODE("Resize", ["features", "", "", "sizes"], ["large"], mode="linear"),
        _NODE("Sub", ["large", "level"], ["above"]),
        _NODE("Mul", ["above", "steep"], ["low_res_masks"]),
        _NODE("ReduceMax", ["point_labels"], ["any"], axes=[1], keepdims=1),
        _NODE("Mul", ["any", "zero"], ["none"]),
        _NODE("Add", ["none", "score"], ["iou_predictions"]),
        _NODE("ReduceSum", ["point_coords"], ["unused"]),
    ]
    constants = [constant("sizes", [1, 1, 256, 256], np.int64), constant("level", 0.3)]
    constants += [constant("steep", 20.0), constant("zero", 0.0), constant("score", 0.9)]
    taken = [
        ("features", [1, 1, 16, 16]),
        ("point_coords", [1, "n", 2]),
        ("point_labels", [1, "n"]),
    ]
    given = [("low_res_masks", [1, 1, 256, 256]), ("iou_predictions", [1, 1])]
    return model(nodes, taken, [*given, ("unused", None)], constants)


def inpainter() -> bytes:
    """Fills with blue: RGB in -1..1 and a mask that is 0 where to fill, result in -1..1."""
    nodes = [
        _NODE("Mul", ["picture", "keep"], ["kept"]),
        _NODE("Sub", ["one", "keep"], ["hole"]),
        _NODE("Mul", ["hole", "blue"], ["paint"]),
        _NODE("Add", ["kept", "paint"], ["filled"]),
    ]
    blue = constant("blue", np.reshape([-1.0, -1, 1], (1, 3, 1, 1)))
    taken = [("picture", [1, 3, "h", "w"]), ("keep", [1, 1, "h", "w"])]
    return model(nodes, taken, [("filled", [1, 3, "h", "w"])], [blue, constant("one", 1.0)])


def endless() -> bytes:
    """A loop that never ends."""
    body = helper.make_graph(
        [_NODE("Identity", ["go"], ["on"]), _NODE("Identity", ["v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", FLOAT, None),
        ],
    )
    nodes = [_NODE("Loop", ["", "yes", "image"], ["map"], body=body)]
    yes = numpy_helper.from_array(np.array(True), "yes")
    taken, given = [("image", [1, 3, 32, 32])], [("map", [1, 1, 32, 32])]
    return model(nodes, taken, given, [yes])


def greedy() -> bytes:
    """Asks for 40 GB."""
    nodes = [
        _NODE("ConstantOfShape", ["many"], ["zeros"]),
        _NODE("ReduceMax", ["zeros"], ["most"], keepdims=0),
        _NODE("Add", ["image", "most"], ["map"]),
    ]
    taken, given = [("image", [1, 3, 32, 32])], [("map", [1, 3, 32, 32])]
    return model(nodes, taken, given, [constant("many", [10**10], np.int64)])


def outward(location: str) -> bytes:
    """Keeps its weights in another file."""
    whole = onnx.ModelProto.FromString(segmenter())
    tensor = next(item for item in whole.graph.initializer if item.name == "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return whole.SerializeToString()


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)
