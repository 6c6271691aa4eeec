"""Several pieces of bytes as one, as the store keeps them."""

from __future__ import annotations

import struct


def pack(parts: list[bytes]) -> bytes:
    """Several pieces of bytes as one: their number, their lengths, themselves."""
    lengths = [len(part) for part in parts]
    return struct.pack(f"<{len(parts) + 1}I", len(parts), *lengths) + b"".join(parts)


def unpack(data: bytes) -> list[bytes]:
    """The pieces that `pack` put together."""
    (count,) = struct.unpack_from("<I", data)
    parts, place = [], 4 * (count + 1)
    for length in struct.unpack_from(f"<{count}I", data, 4):
        parts.append(data[place : place + length])
        place += length
    return parts
