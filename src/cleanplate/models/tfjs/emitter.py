"""Writing ONNX nodes one after the other, with fresh names and constants on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from cleanplate.errors import ModelError
from cleanplate.models.tfjs.graph import Graph

Tensor = str


class Emitter:
    """Collects the nodes and constants of an ONNX graph.

    `graph` is the graph being translated; its constants keep their names.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[NodeProto] = []
        self._made = 0
        self._constants = dict(graph.constants)

    def add(
        self, op: str, inputs: Sequence[Tensor], name: str | None = None, **attributes: Any
    ) -> Tensor:
        """Add one node with one output and return that; `name` is the output's name."""
        return self.add_many(op, inputs, [name or self.fresh()], **attributes)[0]

    def add_many(
        self, op: str, inputs: Sequence[Tensor], names: Sequence[Tensor], **attributes: Any
    ) -> list[Tensor]:
        """Add one node with several outputs, called `names`."""
        self.nodes.append(helper.make_node(op, list(inputs), list(names), names[0], **attributes))
        return list(names)

    def fresh(self) -> Tensor:
        """A tensor name that nothing else has."""
        self._made += 1
        return f"translated/{self._made}"

    def constant(self, values: Any, dtype: type) -> Tensor:
        """A new constant of these values."""
        name = self.fresh()
        self._constants[name] = np.asarray(values, dtype)
        return name

    def value(self, tensor: Tensor) -> np.ndarray | None:
        """The values of a constant, or None for what is only known at run time."""
        return self._constants.get(tensor)

    def known(self, tensor: Tensor, what: str) -> np.ndarray:
        """As `value`, but raises ModelError for what is not constant."""
        found = self.value(tensor)
        if found is None:
            raise ModelError(f"The translator needs {what} ({tensor}) to be constant.")
        return found

    def int64(self, tensor: Tensor) -> Tensor:
        """The same integers as ONNX wants its shapes."""
        found = self.value(tensor)
        if found is not None:
            return self.constant(found, np.int64)
        return self.add("Cast", [tensor], to=TensorProto.INT64)

    def int32(self, tensor: Tensor, name: str) -> Tensor:
        """The same integers as TensorFlow.js has them all."""
        return self.add("Cast", [tensor], name, to=TensorProto.INT32)

    def initializers(self) -> list[TensorProto]:
        """Those constants that some node reads."""
        read = {name for node in self.nodes for name in node.input}
        return [
            numpy_helper.from_array(np.asarray(values, order="C"), name)
            for name, values in self._constants.items()
            if name in read
        ]
