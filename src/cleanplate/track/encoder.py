"""The promptable network's image encoder, re-cut to other input sizes and opened up for features.

The exported encoder takes 1024x1024 and nothing else: the sizes of its windows and grids are
constants in the graph. They all follow from the input's height and width, so the graph is
rewritten for the size that a crop needs; a wide frame then costs 56% of the padded square.

TinyViT: Wu et al., ECCV 2022, as distilled by MobileSAM (Zhang et al., 2023).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from cleanplate.errors import ModelError
from cleanplate.models.sessions import expose

_SIDE = 1024  # the size that the export was made for, in pixels
_STRIDE = {1: 8, 2: 16, 3: 16}  # pixels of the input for one cell of each stage
_WINDOW = {1: 7, 2: 14, 3: 7}  # cells along one side of an attention window

TAPS = {
    "embedding": "output",  # 256 channels, what the mask decoder takes
    "texture": "/layers.1/blocks.1/Add_1_output_0",  # 128 channels at stride 8
    "parts": "/layers.2/blocks.5/Add_1_output_0",  # 160 channels at stride 16
    "things": "/layers.3/blocks.1/Add_1_output_0",  # 320 channels at stride 16
}


def recut(model: Any, height: int, width: int) -> None:
    """Change the `onnx.ModelProto` of the encoder to take `height` by `width` pixels.

    Its outputs become `TAPS`. Both sizes must be multiples of 16 and at most 1024. Raises
    ModelError when the graph is not the encoder that this knows.
    """
    if height % 16 or width % 16 or not 0 < max(height, width) <= _SIDE:
        raise ValueError(f"{width}x{height} is not a size that the encoder can be cut to.")
    rewriter = _Rewriter(model.graph, height, width)
    for node in list(model.graph.node):
        rewriter.visit(node)
    if rewriter.changed == 0:
        raise ModelError("The encoder's graph is not the one that can be re-cut to other sizes.")
    dims = model.graph.input[0].type.tensor_type.shape.dim
    dims[2].dim_value, dims[3].dim_value = height, width
    del model.graph.value_info[:]
    expose(model, TAPS)
    _drop_unread_constants(model.graph)


class _Rewriter:
    """Replaces the constants of one graph that stand for sizes."""

    def __init__(self, graph: Any, height: int, width: int) -> None:
        from onnx import numpy_helper

        self._graph = graph
        self._size = (height, width)
        self._helper = numpy_helper
        self._constants = {
            node.output[0]: numpy_helper.to_array(node.attribute[0].t)
            for node in graph.node
            if node.op_type == "Constant"
        }
        self._makers = {name: node for node in graph.node for name in node.output}
        self.changed = 0

    def visit(self, node: Any) -> None:
        """Rewrite the constants that `node` reads, where they are sizes."""
        block = re.match(r"/layers\.([123])/blocks\.\d+/", node.output[0])
        if block and "attn" not in node.output[0]:
            self._visit_block(node, int(block[1]))
        elif node.op_type == "Reshape" and "downsample" in node.output[0]:
            self._grid_of_reshape(node)
        elif node.op_type == "Concat" and not block:
            self._grid_of_concat(node)

    def _visit_block(self, node: Any, stage: int) -> None:
        stride, window = _STRIDE[stage], _WINDOW[stage]
        old = _SIDE // stride
        old_windows = -(-old // window)
        rows, columns = (size // stride for size in self._size)
        window_rows, window_columns = -(-rows // window), -(-columns // window)
        if node.op_type == "Concat":
            meanings = {
                (old, old): (rows, columns),
                (old_windows * window,) * 2: (window_rows * window, window_columns * window),
                (old_windows, window, old_windows, window): (
                    (window_rows, window, window_columns, window)
                ),
                (old_windows, old_windows, window, window): (
                    (window_rows, window_columns, window, window)
                ),
            }
            places = [i for i in range(len(node.input)) if self._scalar(node, i) is not None]
            found = tuple(self._scalar(node, i) for i in places)
            for i, value in zip(places, meanings.get(found, found), strict=True):
                self._set(node, i, value)
            if len(node.input) == 2 and not places:
                self._padding(node, window_columns * window - columns, window_rows * window - rows)
        elif node.op_type == "Mul" and self._scalar(node, 1) == old_windows:
            first = self._makers[node.input[0]].op_type != "Mul"
            self._set(node, 1, window_rows if first else window_columns)
        elif node.op_type == "Slice" and self._scalar(node, 2) == old:
            self._set(node, 2, rows if self._scalar(node, 3) == 1 else columns)

    def _padding(self, node: Any, right: int, below: int) -> None:
        pads = self._constants[node.input[0]].copy()  # channels, then columns, then rows
        pads[3], pads[5] = right, below
        self._set(node, 0, pads)

    def _grid_of_reshape(self, node: Any) -> None:
        shape = self._constants.get(node.input[1])
        if shape is not None and shape.size == 4:
            rows, columns = (size * int(shape[1]) // _SIDE for size in self._size)
            self._set(node, 1, np.array([1, rows, columns, -1]))

    def _grid_of_concat(self, node: Any) -> None:
        places = [i for i in range(len(node.input)) if self._scalar(node, i) is not None]
        found = [self._scalar(node, i) for i in places]
        if found in ([64, 64], [128, 128]):
            for i, size in zip(places, self._size, strict=True):
                self._set(node, i, size * found[0] // _SIDE)

    def _scalar(self, node: Any, i: int) -> int | None:
        value = self._constants.get(node.input[i])
        whole = value is not None and value.size == 1 and value.dtype == np.int64
        return int(value.reshape(-1)[0]) if whole else None

    def _set(self, node: Any, i: int, value: Any) -> None:
        old = self._constants[node.input[i]]
        new = np.asarray(value, old.dtype).reshape(old.shape)
        name = f"recut.{self.changed}"
        self.changed += 1
        self._graph.initializer.append(self._helper.from_array(new, name))
        node.input[i] = name


def _drop_unread_constants(graph: Any) -> None:
    """Remove the sizes that were replaced, which would only cost a warning each."""
    read = {name for node in graph.node for name in node.input}
    for node in list(graph.node):
        if node.op_type == "Constant" and node.output[0] not in read:
            graph.node.remove(node)
