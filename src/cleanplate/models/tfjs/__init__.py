"""TensorFlow.js graph models as ONNX models.

`translate` takes the two files of a graph model and gives the bytes of an ONNX one with the same
inputs and outputs, channels last as they were. It knows the operations that the catalogue's
networks use and says so when it meets another. Its results are held against TensorFlow.js itself
in `tests/models/test_tfjs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onnx import TensorProto, helper

from cleanplate.errors import ModelError
from cleanplate.models.tfjs import simplify
from cleanplate.models.tfjs.emitter import Emitter
from cleanplate.models.tfjs.graph import Graph, parse
from cleanplate.models.tfjs.operators import OPERATORS

_OPSET = 18
_IR_VERSION = (
    9  # the first that allows opset 18's companions; every ONNX Runtime since 1.15 reads it
)


def translate(
    topology: bytes,
    weights: bytes,
    *,
    fixed: Mapping[str, float] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    switches: bool = False,
) -> bytes:
    """Translate a TensorFlow.js graph model to ONNX.

    Parameters
    ----------
    topology, weights
        The bytes of its JSON file and of its weights file.
    fixed
        Inputs to turn into constants, each a vector of one number.
    shapes
        Shapes of inputs that the graph leaves open, -1 where a size may vary.
    switches
        How a condition falls that is only known at run time: the graph is translated for that
        case alone.

    Raises ModelError when the model cannot be read or has an operation that is not known here.
    """
    graph = parse(topology, weights)
    graph.inputs.update({name: list(shape) for name, shape in (shapes or {}).items()})
    simplify.prune(graph)
    simplify.fix_inputs(graph, fixed or {})
    simplify.fold_switches(graph, otherwise=switches)
    simplify.drop_identities(graph)
    simplify.densify(graph)
    simplify.join_dilation(graph)
    simplify.part_convolutions(graph)
    return _write(graph)


def _write(graph: Graph) -> bytes:
    emit = Emitter(graph)
    for node in simplify.in_order(graph):
        if node.op not in OPERATORS:
            raise ModelError(f"The translator does not know the operation {node.op} ({node.name}).")
        OPERATORS[node.op](node, emit)
    for name, tensor in graph.outputs.items():
        if name != tensor:
            emit.add("Identity", [tensor], name)
    model = helper.make_model(
        helper.make_graph(
            emit.nodes,
            "translated",
            [_value(name, shape) for name, shape in graph.inputs.items()],
            [_value(name, None) for name in graph.outputs],
            emit.initializers(),
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="cleanplate",
    )
    return model.SerializeToString()


def _value(name: str, shape: list[int] | None):
    sizes = None if shape is None else [size if size >= 0 else None for size in shape]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
