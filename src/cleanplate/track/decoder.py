"""The promptable network's mask decoder, cut to the cells that the encoder saw.

The exported decoder works on 64x64 cells, whatever of them is picture. All of it but one constant
goes by its input's shape: the places of the cells, from which their position code is made. With
those of the first rows and columns alone, it does the same work on fewer cells; places stay what they
are in a square of 64, so that points and boxes mean what they did.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cleanplate.errors import ModelError
from cleanplate.models.sessions import expose

_GRID = 64  # cells along one side that the export was made for
_PER_CELL = 4  # points of a mask along one side of a cell

TAPS = {
    "masks": "masks",
    "scores": "scores",
    "fine": "/output_upscaling/output_upscaling.4/Mul_1_output_0",
}


def cut(model: Any, rows: int, columns: int) -> None:
    """Change the `onnx.ModelProto` of the decoder to take `rows` by `columns` cells, 64 at most.

    Its outputs become `TAPS`, with four points along each side of a cell. Raises ModelError when
    the graph is not the decoder that this knows.
    """
    from onnx import numpy_helper

    if not (0 < rows <= _GRID and 0 < columns <= _GRID):
        raise ValueError(f"{rows}x{columns} cells are not what the decoder can be cut to.")
    places = [node for node in model.graph.node if _is_places(node)]
    if len(places) != 1:
        raise ModelError("The decoder's graph is not the one that can be cut to other sizes.")
    known = numpy_helper.to_array(places[0].attribute[0].t)[:rows, :columns]
    places[0].attribute[0].t.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(known)))
    sizes = {
        "image_embeddings": (rows, columns),
        "mask_input": (_PER_CELL * rows, _PER_CELL * columns),
    }
    for item in model.graph.input:
        for i, size in enumerate(sizes.get(item.name, ()), 2):
            item.type.tensor_type.shape.dim[i].dim_value = size
    del model.graph.value_info[:]
    expose(model, TAPS)


def _is_places(node: Any) -> bool:
    return node.op_type == "Constant" and list(node.attribute[0].t.dims) == [_GRID, _GRID, 2]
