"""What an ONNX file holds, found without running it; everything that may not be is refused.

ONNX: Open Neural Network Exchange, `onnx.proto` and "External Data". Runs in the worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
"""Whose operators may be used: the standard's, and those that ONNX Runtime itself brings."""

_SIDE = 16384  # the most that any declared size of an input or output may be
_ELEMENTS = 1 << 28  # and all of one input or output together
_DEEP = 16  # graphs within graphs


class Refused(Exception):
    """The file will not be used; the message says why."""


@dataclass(frozen=True)
class Looked:
    """The model, its nodes (those of inner graphs among them), and which files of external data it
    wants that were not given."""

    model: Any
    nodes: int
    missing: list[str] = field(default_factory=list)


def inspect(data: bytes, external: Mapping[str, np.ndarray], most_nodes: int) -> Looked:
    """Parse `data` and put `external` data, bytes by location, into the model.

    Raises `Refused` for what is no ONNX model, uses operators that are not the standard's, or is
    larger than it may be.
    """
    import onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's own, which differs between its versions
        raise Refused("it is no ONNX file") from error
    if not model.graph.node or not model.graph.output:
        raise Refused("it is no ONNX network: its graph is empty")
    _check_domains(model)
    nodes = _check_nodes(onnx, model, most_nodes)
    for item in (*model.graph.input, *model.graph.output):
        _check_size(item)
    missing = _fill_in(onnx, model, external)
    return Looked(model, nodes, missing)


def _check_domains(model: Any) -> None:
    if model.functions:
        raise Refused(
            "it defines functions of its own; export it without them, or inline them with "
            "onnx.inliner"
        )
    if model.training_info:
        raise Refused("it holds training graphs; export it for inference")
    for opset in model.opset_import:
        if opset.domain not in _DOMAINS:
            raise Refused(
                f"it uses operators of {opset.domain!r}, and only those of the ONNX standard are run"
            )


def _check_nodes(onnx: Any, model: Any, most: int) -> int:
    count = 0
    for node in _nodes(model.graph):
        count += 1
        if count > most:
            raise Refused(f"it has more than {most} nodes")
        if node.domain not in _DOMAINS:
            raise Refused(
                f"it uses the operator {node.op_type} of {node.domain!r}, and only those of the "
                "ONNX standard are run"
            )
        if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, ""):
            raise Refused(f"its operator {node.op_type} is none of the ONNX standard")
    return count


def _graphs(graph: Any, depth: int = 0) -> Iterator[Any]:
    if depth > _DEEP:
        raise Refused("its graphs lie too deep in one another")
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _graphs(inner, depth + 1)


def _nodes(graph: Any) -> Iterator[Any]:
    for one in _graphs(graph):
        yield from one.node


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor that a model holds, wherever it is."""
    for one in _graphs(graph):
        yield from one.initializer
        sparse = list(one.sparse_initializer)
        for node in one.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                sparse += [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
                sparse += attribute.sparse_tensors
        for item in sparse:
            yield item.values
            yield item.indices


def _check_size(item: Any) -> None:
    sizes = [dim.dim_value for dim in item.type.tensor_type.shape.dim if dim.HasField("dim_value")]
    if any(size > _SIDE for size in sizes) and len(sizes) > 3:
        raise Refused(f"{item.name} is {sizes}: larger than any picture that is worked on")
    if sizes and float(np.prod([max(1, size) for size in sizes], dtype=float)) > _ELEMENTS:
        raise Refused(f"{item.name} is {sizes}: larger than any tensor that is worked on")


def _fill_in(onnx: Any, model: Any, external: Mapping[str, np.ndarray]) -> list[str]:
    """Move external data into the model's own tensors; returns the locations that are missing."""
    missing: list[str] = []
    for tensor in _tensors(model.graph):
        if tensor.data_location != onnx.TensorProto.EXTERNAL and not tensor.external_data:
            continue
        facts = {item.key: item.value for item in tensor.external_data}
        location = facts.get("location", "")
        if location not in external:
            if location not in missing:
                missing.append(location)
            continue
        data = external[location]
        try:
            start = int(facts.get("offset", 0))
            length = int(facts.get("length", len(data) - start))
        except ValueError as error:
            raise Refused(f"its external data in {location} is described in no numbers") from error
        if start < 0 or length < 0 or start + length > len(data):
            raise Refused(f"it wants bytes beyond the end of {location}")
        tensor.raw_data = data[start : start + length].tobytes()
        tensor.data_location = onnx.TensorProto.DEFAULT
        del tensor.external_data[:]
    return missing
