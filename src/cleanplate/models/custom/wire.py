"""How requests and answers travel between the guard and its worker: JSON and plain arrays.

Nothing is pickled: what a worker sends may be a stranger's, so types and sizes are checked before
any memory is taken for them.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

_TYPES = {
    *("float16", "float32", "float64", "bool", "uint8", "int8"),
    *("uint16", "int16", "uint32", "int32", "uint64", "int64"),
}


class Garbled(Exception):
    """What came is no message."""


@dataclass(frozen=True)
class Bounds:
    """The most that one message may hold: bytes of its head, and of all its arrays together."""

    head: int = 4 << 20
    arrays: int = 4 << 30


def write(stream: BinaryIO, head: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Send one message: a JSON object, and arrays by name."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    listed = [[name, array.dtype.name, list(array.shape)] for name, array in arrays.items()]
    text = json.dumps({"head": head, "arrays": listed}).encode()
    stream.write(struct.pack("<I", len(text)))
    stream.write(text)
    for array in arrays.values():
        stream.write(memoryview(array.reshape(-1)).cast("B") if array.size else b"")
    stream.flush()


def read(stream: BinaryIO, bounds: Bounds) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Receive one message; None at the stream's end. Raises `Garbled` for what is no message."""
    start = stream.read(4)
    if not start:
        return None
    if len(start) < 4 or (size := struct.unpack("<I", start)[0]) > bounds.head:
        raise Garbled
    try:
        message = json.loads(_exactly(stream, size))
        head, listed = message["head"], message["arrays"]
        shapes = [(str(n), str(t), tuple(int(v) for v in s)) for n, t, s in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise Garbled from error
    if any(kind not in _TYPES or min(shape, default=0) < 0 for _, kind, shape in shapes):
        raise Garbled
    sizes = [math.prod(shape) * np.dtype(kind).itemsize for _, kind, shape in shapes]
    if sum(sizes) > bounds.arrays:
        raise Garbled
    arrays = {
        name: np.frombuffer(_exactly(stream, size), kind).reshape(shape)
        for (name, kind, shape), size in zip(shapes, sizes, strict=True)
    }
    return head, arrays


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Garbled
    return data
