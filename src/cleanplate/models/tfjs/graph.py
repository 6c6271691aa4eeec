"""Reading a TensorFlow.js graph model: a JSON file of nodes and a file of quantised weights."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cleanplate.errors import ModelError

_DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_, "float16": np.float16}
_TYPES = {
    "DT_FLOAT": np.float32,
    "DT_INT32": np.int32,
    "DT_INT64": np.int32,  # TensorFlow.js has no 64-bit integers either
    "DT_BOOL": np.bool_,
}


@dataclass
class Node:
    """One operation. `inputs` are tensor names: "node" for output 0, "node:i" for the others."""

    name: str
    op: str
    inputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict, repr=False)

    def integer(self, key: str, default: int = 0) -> int:
        """An integer attribute."""
        return int(self.attributes.get(key, {}).get("i", default))

    def number(self, key: str, default: float = 0.0) -> float:
        """A float attribute."""
        return float(self.attributes.get(key, {}).get("f", default))

    def flag(self, key: str) -> bool:
        """A boolean attribute, False when absent."""
        return bool(self.attributes.get(key, {}).get("b", False))

    def text(self, key: str, default: str = "") -> str:
        """A string attribute (stored in base 64)."""
        value = self.attributes.get(key, {}).get("s")
        return default if value is None else base64.b64decode(value).decode()

    def integers(self, key: str) -> list[int]:
        """A list of integers, empty when absent."""
        return [int(i) for i in self.attributes.get(key, {}).get("list", {}).get("i", [])]

    def texts(self, key: str) -> list[str]:
        """A list of strings, empty when absent."""
        listed = self.attributes.get(key, {}).get("list", {}).get("s", [])
        return [base64.b64decode(item).decode() for item in listed]

    def dtype(self, key: str = "T") -> type:
        """The numpy type that a type attribute names; float32 when absent."""
        return _TYPES.get(self.attributes.get(key, {}).get("type", "DT_FLOAT"), np.float32)


@dataclass
class Graph:
    """A graph model in memory.

    Attributes
    ----------
    nodes
        By name, constants and placeholders left out.
    constants
        Weights by tensor name, dequantised.
    inputs
        Placeholder names, each with its shape (-1 where it may vary; None when the rank may).
    outputs
        The caller's name of each output, with the tensor that holds it.
    """

    nodes: dict[str, Node]
    constants: dict[str, np.ndarray]
    inputs: dict[str, list[int] | None]
    outputs: dict[str, str]


def parse(topology: bytes, weights: bytes) -> Graph:
    """Read a graph from the bytes of its JSON and of its weights, shards joined in order.

    Raises ModelError when it is not a TensorFlow.js graph model or weights are missing.
    """
    try:
        document = json.loads(topology)
        if document["format"] != "graph-model":
            raise ModelError(f"Not a TensorFlow.js graph model but {document['format']!r}.")
        constants = _weights(document["weightsManifest"], weights)
        nodes, shapes = _nodes(document["modelTopology"]["node"])
        missing = [name for name, node in nodes.items() if node.op == "Const"]
        missing = [name for name in missing if name not in constants]
        if missing:
            raise ModelError(f"The weights of {missing[0]} are missing.")
        outputs = {
            key.removesuffix(":0"): tensor_name(item["name"])
            for key, item in document["signature"]["outputs"].items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The TensorFlow.js model cannot be read ({error!r}).") from error
    kept = {name: n for name, n in nodes.items() if n.op not in ("Const", "Placeholder", "NoOp")}
    return Graph(kept, constants, shapes, outputs)


def tensor_name(name: str) -> str:
    """The one spelling of a tensor's name: no ":0", no "^" of a control edge."""
    return name.removeprefix("^").removesuffix(":0")


def _nodes(raw: list[dict]) -> tuple[dict[str, Node], dict[str, list[int] | None]]:
    nodes, shapes = {}, {}
    for item in raw:
        # Control edges order side effects; a frozen graph has none.
        inputs = [tensor_name(name) for name in item.get("input", []) if not name.startswith("^")]
        node = Node(item["name"], item["op"], inputs, item.get("attr", {}))
        nodes[node.name] = node
        if node.op == "Placeholder":
            shape = node.attributes.get("shape", {}).get("shape", {})
            sizes = [int(size["size"]) for size in shape.get("dim", [])]
            shapes[node.name] = None if shape.get("unknownRank") or not sizes else sizes
    return nodes, shapes


def _weights(manifest: list[dict], data: bytes) -> dict[str, np.ndarray]:
    found, offset = {}, 0
    for group in manifest:
        for entry in group["weights"]:
            quantised: Mapping[str, Any] = entry.get("quantization", {})
            dtype = np.dtype(_stored(quantised.get("dtype", entry["dtype"])))
            count = math.prod(entry["shape"])
            if offset + count * dtype.itemsize > len(data):
                raise ModelError(f"The weights end before {entry['name']}.")
            values = np.frombuffer(data, dtype.newbyteorder("<"), count, offset)
            offset += count * dtype.itemsize
            found[entry["name"]] = _dequantise(values, entry, quantised).reshape(entry["shape"])
    return found


def _stored(name: str) -> type:
    stored = {**_DTYPES, "uint8": np.uint8, "uint16": np.uint16}
    if name not in stored:
        raise ModelError(f"Weights of type {name} are not supported.")
    return stored[name]


def _dequantise(values: np.ndarray, entry: dict, quantised: Mapping[str, Any]) -> np.ndarray:
    if "scale" in quantised:  # affine: 8 or 16 bits, one scale a tensor
        # In float32, as TensorFlow.js does it, so that results can be held against it.
        values = values.astype(np.float32) * np.float32(quantised["scale"])
        values = values + np.float32(quantised["min"])
        if entry["dtype"] == "int32":
            values = np.round(values)
    return values.astype(_DTYPES[entry["dtype"]])
