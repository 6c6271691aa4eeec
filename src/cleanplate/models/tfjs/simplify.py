"""Taking out of a graph what ONNX need not say, switches, identities, spelt-out dilation; and saying
what it must as ONNX Runtime does it fast."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from cleanplate.errors import ModelError
from cleanplate.models.tfjs.graph import Graph, Node

_BLOCK = 8  # channels that ONNX Runtime's fast convolutions take at a time


def fix_inputs(graph: Graph, fixed: Mapping[str, float]) -> None:
    """Turn inputs into constants: each of `fixed` becomes a float32 vector of one number."""
    for name, value in fixed.items():
        del graph.inputs[name]
        graph.constants[name] = np.array([value], np.float32)


def fold_switches(graph: Graph, otherwise: bool) -> None:
    """Replace every `Switch` and `Merge` by the branch that is taken.

    A `Switch` hands its data to output 1 when its predicate holds, else to output 0; a `Merge`
    passes on whichever of its inputs is alive. A predicate that follows from constants decides
    itself; one that does not is taken to be `otherwise`.
    """
    dead: set[str] = set()
    for node in in_order(graph):
        if node.op == "Switch":
            data, predicate = node.inputs
            taken = _decided(graph, predicate, otherwise)
            dead |= {f"{node.name}:1" if not taken else node.name}
            alive = f"{node.name}:1" if taken else node.name
            if data in dead:
                dead.add(alive)
            else:
                _redirect(graph, alive, data)
        elif node.op == "Merge":
            living = [name for name in node.inputs if name not in dead]
            if living:
                _redirect(graph, node.name, living[0])
            else:
                dead.add(node.name)
        elif any(name in dead for name in node.inputs):
            count = max(1, node.integer("num_split", 1))
            dead |= {node.name, *(f"{node.name}:{i}" for i in range(1, count))}
    if any(tensor in dead for tensor in graph.outputs.values()):
        raise ModelError("An output of the network lies in a branch that is never taken.")
    prune(graph)


def _decided(graph: Graph, predicate: str, otherwise: bool) -> bool:
    value = _evaluate(graph, predicate)
    return otherwise if value is None else bool(np.all(value))


def _evaluate(graph: Graph, tensor: str) -> np.ndarray | None:
    """The value of a predicate made of constants alone, else None."""
    if tensor in graph.constants:
        return graph.constants[tensor]
    node = graph.nodes.get(tensor)
    if node is None or node.op not in ("Identity", "Squeeze", "Equal"):
        return None
    values = [_evaluate(graph, name) for name in node.inputs]
    if any(value is None for value in values):
        return None
    return np.equal(*values) if node.op == "Equal" else np.squeeze(values[0])


def drop_identities(graph: Graph) -> None:
    """Let the readers of every `Identity` read what it copies."""
    for node in list(graph.nodes.values()):
        if node.op == "Identity":
            _redirect(graph, node.name, node.inputs[0])
    prune(graph)


def join_dilation(graph: Graph) -> None:
    """Turn `SpaceToBatchND`, a convolution without padding, `BatchToSpaceND` into one dilated
    convolution, which is what those three spell out (Yu and Koltun, 2016).
    """
    for last in list(graph.nodes.values()):
        if last.op != "BatchToSpaceND":
            continue
        middle = graph.nodes[last.inputs[0]]
        first = graph.nodes[middle.inputs[0]]
        spelt = middle.op in ("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative")
        spelt |= middle.op == "FusedDepthwiseConv2dNative"
        if first.op != "SpaceToBatchND" or not spelt or middle.text("padding") != "VALID":
            raise ModelError(f"{last.name} undoes no dilated convolution.")
        dilation = [str(int(i)) for i in graph.constants[first.inputs[1]]]
        middle.inputs[0] = first.inputs[0]
        middle.attributes["dilations"] = {"list": {"i": ["1", *dilation, "1"]}}
        _redirect(graph, last.name, middle.name)
    prune(graph)


def part_convolutions(graph: Graph) -> None:
    """Turn a convolution of joined tensors into the sum of one for each.

    ONNX Runtime's blocked convolutions take a number of channels that divides by eight; 32 of
    features with 3 of the picture beside them would go the slow way, and be joined first.
    """
    for node in list(graph.nodes.values()):
        parts = _parts_of(graph, node)
        after = [name for name in node.texts("fused_ops") if name != "BiasAdd"]
        if not parts or after not in ([], ["Relu"]):
            continue
        kernel, start, total = graph.constants[node.inputs[1]], 0, ""
        for number, (tensor, width) in enumerate(parts):
            name = f"{node.name}/part{number}"
            graph.constants[f"{name}/kernel"] = kernel[:, :, start : start + width]
            biased = number == 0 and "BiasAdd" in node.texts("fused_ops")
            fused = [base64.b64encode(b"BiasAdd").decode()] if biased else []
            inputs = [tensor, f"{name}/kernel", *(node.inputs[2:3] if biased else [])]
            attributes = {**node.attributes, "fused_ops": {"list": {"s": fused}}}
            graph.nodes[name] = Node(name, "_FusedConv2D", inputs, attributes)
            if number:
                graph.nodes[f"{name}/sum"] = Node(f"{name}/sum", "AddV2", [total, name])
                name = f"{name}/sum"
            start, total = start + width, name
        if after:
            graph.nodes[node.name] = Node(node.name, "Relu", [total])
        else:
            _redirect(graph, node.name, total)
    prune(graph)


def _parts_of(graph: Graph, node: Node) -> list[tuple[str, int]]:
    """The tensors that a convolution reads joined, with their channels; none where it is as well."""
    if node.op not in ("Conv2D", "_FusedConv2D") or node.inputs[1] not in graph.constants:
        return []
    joined = graph.nodes.get(node.inputs[0])
    count = graph.constants[node.inputs[1]].shape[2]
    if joined is None or joined.op != "ConcatV2" or count % _BLOCK == 0:
        return []
    tensors = joined.inputs[:-1]
    widths = [_channels(graph, tensor) for tensor in tensors]
    if widths.count(None) == 1:
        rest = count - sum(width for width in widths if width is not None)
        widths = [rest if width is None else width for width in widths]
    if None in widths or sum(widths) != count:
        return []
    return list(zip(tensors, widths, strict=True))


def _channels(graph: Graph, tensor: str) -> int | None:
    """How many channels a tensor has, where its makers say so."""
    if tensor in graph.inputs:
        shape = graph.inputs[tensor]
        return shape[-1] if shape and shape[-1] > 0 else None
    node = graph.nodes.get(tensor)
    if node is None:
        return None
    if node.op in ("Conv2D", "_FusedConv2D"):
        kernel = graph.constants.get(node.inputs[1])
        return None if kernel is None else kernel.shape[-1]
    if node.op in ("AddV2", "Mul", "AvgPool", "ResizeBilinear"):
        return _channels(graph, node.inputs[0])
    return None


def densify(graph: Graph) -> None:
    """Compute every `SparseToDense` of constants."""
    for node in list(graph.nodes.values()):
        if node.op != "SparseToDense":
            continue
        try:
            indices, shape, values, default = (graph.constants[name] for name in node.inputs)
        except KeyError:
            raise ModelError(f"{node.name} builds a tensor at run time, not supported.") from None
        dense = np.full(tuple(int(n) for n in shape), default, values.dtype)
        if indices.size:
            dense[tuple(indices.reshape(-1, dense.ndim).T)] = values.reshape(-1)
        graph.constants[node.name] = dense
        del graph.nodes[node.name]


def prune(graph: Graph) -> None:
    """Drop every node and constant that no output needs."""
    needed: set[str] = set()
    waiting = [producer(graph, tensor) for tensor in graph.outputs.values()]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            inputs = graph.nodes[name].inputs if name in graph.nodes else []
            waiting += [producer(graph, tensor) for tensor in inputs]
    graph.nodes = {name: node for name, node in graph.nodes.items() if name in needed}
    graph.constants = {name: c for name, c in graph.constants.items() if name in needed}


def in_order(graph: Graph) -> list[Node]:
    """The nodes, each after those whose results it reads."""
    done: set[str] = set()
    ordered: list[Node] = []
    for start in graph.nodes:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            node = graph.nodes.get(name)
            if node is None or name in done:
                waiting.pop()
                continue
            ahead = [producer(graph, tensor) for tensor in node.inputs]
            ahead = [name for name in ahead if name in graph.nodes and name not in done]
            if ahead:
                waiting += ahead
            else:
                done.add(name)
                ordered.append(node)
                waiting.pop()
    return ordered


def producer(graph: Graph, tensor: str) -> str:
    """The node that makes a tensor: its name, less the number of the output."""
    return tensor if tensor in graph.nodes else tensor.rpartition(":")[0] or tensor


def _redirect(graph: Graph, old: str, new: str) -> None:
    for node in graph.nodes.values():
        node.inputs = [new if name == old else name for name in node.inputs]
    for key, tensor in graph.outputs.items():
        if tensor == old:
            graph.outputs[key] = new
