"""What each TensorFlow operation is in ONNX.

Every function here has the form `f(node, emit)`: it adds ONNX nodes whose last one makes the
tensor called `node.name`. Semantics are TensorFlow's (see its operator reference); tensors stay in
TensorFlow's channels-last order, and the transposes that this costs around a convolution are
cancelled by ONNX Runtime when it loads the model.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from cleanplate.errors import ModelError
from cleanplate.models.tfjs.emitter import Emitter, Tensor
from cleanplate.models.tfjs.graph import Node

_TO_FIRST = [0, 3, 1, 2]
_TO_LAST = [0, 2, 3, 1]
_END = np.iinfo(np.int64).max

OPERATORS: dict[str, Callable[[Node, Emitter], None]] = {}


def _operator(*names: str):
    def register(function: Callable[[Node, Emitter], None]):
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register


_SAME = {
    "Add": "Add",
    "AddV2": "Add",
    "AddN": "Sum",
    "BiasAdd": "Add",
    "Equal": "Equal",
    "Mul": "Mul",
    "RealDiv": "Div",
    "Relu": "Relu",
    "Sigmoid": "Sigmoid",
    "Sub": "Sub",
    "Tanh": "Tanh",
    "FloorMod": "Mod",
}


@_operator(*_SAME)
def _same(node: Node, emit: Emitter) -> None:
    emit.add(_SAME[node.op], node.inputs, node.name)


@_operator("Maximum", "Minimum")
def _bound(node: Node, emit: Emitter) -> None:
    limit = emit.value(node.inputs[1])
    upper = node.op == "Minimum"
    if limit is None or limit.ndim:
        emit.add("Min" if upper else "Max", node.inputs, node.name)
    else:  # the same, in a tenth of the time
        value = emit.constant(limit, np.float32)
        emit.add("Clip", [node.inputs[0], *(["", value] if upper else [value])], node.name)


@_operator("Square")
def _square(node: Node, emit: Emitter) -> None:
    emit.add("Mul", [node.inputs[0], node.inputs[0]], node.name)


@_operator("FloorDiv")
def _floor_div(node: Node, emit: Emitter) -> None:
    a, b = node.inputs
    if node.dtype() is np.float32:
        emit.add("Floor", [emit.add("Div", [a, b])], node.name)
    else:  # ONNX divides integers towards zero; taking the remainder away first makes it exact
        whole = emit.add("Sub", [a, emit.add("Mod", [a, b])])
        emit.add("Div", [whole, b], node.name)


@_operator("Relu6")
def _relu6(node: Node, emit: Emitter) -> None:
    _clip(emit, node.inputs[0], node.name)


@_operator("LeakyRelu")
def _leaky_relu(node: Node, emit: Emitter) -> None:
    emit.add("LeakyRelu", node.inputs, node.name, alpha=node.number("alpha", 0.2))


@_operator("Cast")
def _cast(node: Node, emit: Emitter) -> None:
    kinds = {np.float32: TensorProto.FLOAT, np.int32: TensorProto.INT32, np.bool_: TensorProto.BOOL}
    emit.add("Cast", node.inputs, node.name, to=kinds[node.dtype("DstT")])


# --- convolutions and pooling ---------------------------------------------------------------


@_operator("Conv2D", "_FusedConv2D")
def _convolution(node: Node, emit: Emitter) -> None:
    kernel = emit.known(node.inputs[1], "a convolution's kernel")  # [h, w, in, out]
    weights = emit.constant(kernel.transpose(3, 2, 0, 1), np.float32)
    _convolve(node, emit, weights, groups=1)


@_operator("DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
def _depthwise(node: Node, emit: Emitter) -> None:
    kernel = emit.known(node.inputs[1], "a convolution's kernel")  # [h, w, in, multiplier]
    height, width, channels, multiplier = kernel.shape
    weights = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    _convolve(node, emit, emit.constant(weights, np.float32), groups=channels)


def _convolve(node: Node, emit: Emitter, weights: Tensor, groups: int) -> None:
    _channels_last(node)
    fused = node.texts("fused_ops")
    inputs = [emit.add("Transpose", [node.inputs[0]], perm=_TO_FIRST), weights]
    if "BiasAdd" in fused:
        inputs.append(node.inputs[2])
    dilations = node.integers("dilations") or [1, 1, 1, 1]
    result = emit.add(
        "Conv",
        inputs,
        strides=node.integers("strides")[1:3],
        dilations=dilations[1:3],
        group=groups,
        **_padding(node),
    )
    activated = _activate(node, emit, result, [name for name in fused if name != "BiasAdd"])
    emit.add("Transpose", [activated], node.name, perm=_TO_LAST)


def _activate(node: Node, emit: Emitter, tensor: Tensor, names: list[str]) -> Tensor:
    for name in names:
        if name == "Relu6":
            tensor = _clip(emit, tensor)
        elif name == "LeakyRelu":
            tensor = emit.add("LeakyRelu", [tensor], alpha=node.number("leakyrelu_alpha", 0.2))
        elif name == "Prelu":
            slope = emit.known(node.inputs[3], "a slope").reshape(-1, 1, 1)
            tensor = emit.add("PRelu", [tensor, emit.constant(slope, np.float32)])
        elif name in ("Relu", "Elu", "Sigmoid", "Tanh"):
            tensor = emit.add(name, [tensor])
        else:
            raise ModelError(f"The translator does not know the fused operation {name}.")
    return tensor


@_operator("Conv2DBackpropInput")
def _transposed_convolution(node: Node, emit: Emitter) -> None:
    _channels_last(node)
    kernel = emit.known(node.inputs[1], "a convolution's kernel")  # [h, w, out, in]
    strides = node.integers("strides")[1:3]
    pads, extra = [0, 0, 0, 0], [0, 0]
    if node.text("padding") == "SAME":  # the output is the stride times the input
        for axis in (0, 1):
            surplus = kernel.shape[axis] - strides[axis]
            pads[axis] = max(surplus, 0) // 2
            pads[axis + 2] = max(surplus, 0) - pads[axis]
            extra[axis] = max(-surplus, 0)
    result = emit.add(
        "ConvTranspose",
        [
            emit.add("Transpose", [node.inputs[2]], perm=_TO_FIRST),
            emit.constant(kernel.transpose(3, 2, 0, 1), np.float32),
        ],
        strides=strides,
        pads=pads,
        output_padding=extra,
    )
    emit.add("Transpose", [result], node.name, perm=_TO_LAST)


@_operator("AvgPool", "MaxPool")
def _pool(node: Node, emit: Emitter) -> None:
    _channels_last(node)
    result = emit.add(
        {"AvgPool": "AveragePool", "MaxPool": "MaxPool"}[node.op],
        [emit.add("Transpose", [node.inputs[0]], perm=_TO_FIRST)],
        kernel_shape=node.integers("ksize")[1:3],
        strides=node.integers("strides")[1:3],
        **_padding(node),
    )
    emit.add("Transpose", [result], node.name, perm=_TO_LAST)


def _padding(node: Node) -> dict:
    kind = node.text("padding")
    if kind == "EXPLICIT":
        _, _, top, bottom, left, right, _, _ = node.integers("explicit_paddings")
        return {"pads": [top, left, bottom, right]}
    return {"auto_pad": {"SAME": "SAME_UPPER", "VALID": "VALID"}[kind]}


def _channels_last(node: Node) -> None:
    if node.text("data_format", "NHWC") != "NHWC":
        raise ModelError(f"{node.name} has its channels first, which is not supported.")


def _clip(emit: Emitter, tensor: Tensor, name: str | None = None) -> Tensor:
    limits = [emit.constant(limit, np.float32) for limit in (0.0, 6.0)]
    return emit.add("Clip", [tensor, *limits], name)


# --- resizing and reducing ------------------------------------------------------------------


@_operator("ResizeBilinear")
def _resize(node: Node, emit: Emitter) -> None:
    image, size = node.inputs
    first = emit.add("Transpose", [image], perm=_TO_FIRST)
    kept = emit.add("Shape", [first], start=0, end=2)
    sizes = emit.add("Concat", [kept, emit.int64(size)], axis=0)
    mode = "half_pixel" if node.flag("half_pixel_centers") else "asymmetric"
    if node.flag("align_corners"):
        mode = "align_corners"
    resized = emit.add(
        "Resize", [first, "", "", sizes], mode="linear", coordinate_transformation_mode=mode
    )
    emit.add("Transpose", [resized], node.name, perm=_TO_LAST)


@_operator("Mean")
def _mean(node: Node, emit: Emitter) -> None:
    data, axes = node.inputs
    axes = emit.constant(emit.known(axes, "the axes of a mean").reshape(-1), np.int64)
    emit.add("ReduceMean", [data, axes], node.name, keepdims=_keep(node))


def _keep(node: Node) -> int:
    return int(node.flag("keep_dims") or node.flag("keepdims"))


@_operator("TopKV2")
def _top_k(node: Node, emit: Emitter) -> None:
    values, count = node.inputs
    count = emit.add("Reshape", [emit.int64(count), emit.constant([1], np.int64)])
    indices = emit.fresh()
    emit.add_many("TopK", [values, count], [node.name, indices])
    emit.int32(indices, f"{node.name}:1")


@_operator("MatMul")
def _matmul(node: Node, emit: Emitter) -> None:
    sides = [
        emit.add("Transpose", [side], perm=[1, 0]) if node.flag(flag) else side
        for side, flag in zip(node.inputs, ("transpose_a", "transpose_b"), strict=True)
    ]
    emit.add("MatMul", sides, node.name)


# --- shapes ---------------------------------------------------------------------------------


@_operator("Shape")
def _shape(node: Node, emit: Emitter) -> None:
    emit.int32(emit.add("Shape", node.inputs), node.name)


@_operator("Reshape")
def _reshape(node: Node, emit: Emitter) -> None:
    data, shape = node.inputs
    emit.add("Reshape", [data, emit.int64(shape)], node.name, allowzero=1)


@_operator("BroadcastTo")
def _broadcast(node: Node, emit: Emitter) -> None:
    data, shape = node.inputs
    emit.add("Expand", [data, emit.int64(shape)], node.name)


@_operator("Transpose")
def _transpose(node: Node, emit: Emitter) -> None:
    order = emit.known(node.inputs[1], "the order of a transpose")
    emit.add("Transpose", node.inputs[:1], node.name, perm=[int(i) for i in order])


@_operator("ExpandDims")
def _expand(node: Node, emit: Emitter) -> None:
    data, axis = node.inputs
    axes = emit.known(axis, "an axis").reshape(-1)
    emit.add("Unsqueeze", [data, emit.constant(axes, np.int64)], node.name)


@_operator("Squeeze")
def _squeeze(node: Node, emit: Emitter) -> None:
    axes = node.integers("squeeze_dims") or node.integers("axis")
    inputs = [node.inputs[0], *([emit.constant(axes, np.int64)] if axes else [])]
    emit.add("Squeeze", inputs, node.name)


@_operator("Pack")
def _pack(node: Node, emit: Emitter) -> None:
    axis = node.integer("axis")
    axes = emit.constant([axis], np.int64)
    emit.add(
        "Concat", [emit.add("Unsqueeze", [i, axes]) for i in node.inputs], node.name, axis=axis
    )


@_operator("ConcatV2")
def _concat(node: Node, emit: Emitter) -> None:
    axis = int(emit.known(node.inputs[-1], "an axis"))
    emit.add("Concat", node.inputs[:-1], node.name, axis=axis)


@_operator("Split")
def _split(node: Node, emit: Emitter) -> None:
    axis, data = node.inputs
    count = node.integer("num_split")
    names = [node.name, *(f"{node.name}:{i}" for i in range(1, count))]
    emit.add_many("Split", [data], names, axis=int(emit.known(axis, "an axis")), num_outputs=count)


@_operator("SplitV")
def _split_sizes(node: Node, emit: Emitter) -> None:
    data, sizes, axis = node.inputs
    names = [node.name, *(f"{node.name}:{i}" for i in range(1, node.integer("num_split")))]
    where = int(emit.known(axis, "an axis"))
    emit.add_many("Split", [data, emit.int64(sizes)], names, axis=where)


@_operator("GatherV2")
def _gather(node: Node, emit: Emitter) -> None:
    data, indices, axis = node.inputs
    emit.add("Gather", [data, indices], node.name, axis=int(emit.known(axis, "an axis")))


@_operator("Pad", "PadV2")
def _pad(node: Node, emit: Emitter) -> None:
    data, pads, *value = node.inputs  # pads [rank, 2]: before and after, for each axis
    order = emit.add("Transpose", [emit.int64(pads)], perm=[1, 0])
    flat = emit.add("Reshape", [order, emit.constant([-1], np.int64)])
    emit.add("Pad", [data, flat, *value], node.name)


@_operator("Slice")
def _slice(node: Node, emit: Emitter) -> None:
    data, begin, size = node.inputs
    start, length = emit.int64(begin), emit.int64(size)
    to_end = emit.add(
        "Less", [length, emit.constant(0, np.int64)]
    )  # a size of -1: all that is left
    stop = emit.add("Add", [start, length])
    stop = emit.add("Where", [to_end, emit.constant(_END, np.int64), stop])
    emit.add("Slice", [data, start, stop], node.name)


@_operator("StridedSlice")
def _strided_slice(node: Node, emit: Emitter) -> None:
    data, *bounds = node.inputs
    begin, end, strides = (emit.known(b, "the bounds of a slice").astype(np.int64) for b in bounds)
    masks = {key: node.integer(f"{key}_mask") for key in ("begin", "end", "shrink_axis")}
    if node.integer("ellipsis_mask") or node.integer("new_axis_mask"):
        raise ModelError(f"{node.name} slices in a way that is not supported.")
    starts, stops, dropped = [], [], []
    for axis, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << axis
        if masks["shrink_axis"] & bit:
            dropped.append(axis)
            stop = start + 1 or _END  # -1 is the last one: up to the end
        elif masks["end"] & bit:
            stop = _END if step > 0 else -_END
        if masks["begin"] & bit and not masks["shrink_axis"] & bit:
            start = 0 if step > 0 else _END
        starts.append(start)
        stops.append(stop)
    axes = emit.constant(range(len(starts)), np.int64)
    inputs = [data, emit.constant(starts, np.int64), emit.constant(stops, np.int64), axes]
    sliced = emit.add(
        "Slice", [*inputs, emit.constant(strides, np.int64)], None if dropped else node.name
    )
    if dropped:
        emit.add("Squeeze", [sliced, emit.constant(dropped, np.int64)], node.name)
