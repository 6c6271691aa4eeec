"""Masks between the engine and the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.tracking import ObjectMask
from cleanplate.errors import MaskError
from cleanplate.segment.edges import EdgeSettings
from cleanplate.segment.rle import decode, encode
from cleanplate.server.refusals import Refused
from cleanplate.server.schema.base import RLE


def masks_to_json(masks: Mapping[int, ObjectMask], edges: bool = False) -> dict[str, Any]:
    """Masks by object, as `schema.masks.ObjectMask`; bare unless `edges`."""
    return {str(number): _mask_to_json(one, edges) for number, one in masks.items()}


def _mask_to_json(one: ObjectMask, edges: bool) -> dict[str, Any]:
    return {
        "mask": encode((one if edges else bare(one)).mask),
        "score": round(float(one.score), 3) if one.source == "tracked" else None,
        "source": one.source,
    }


def bare(one: ObjectMask, edge: EdgeSettings | None = None) -> ObjectMask:
    """The same mask with nothing done to its edge, or with `edge` instead."""
    return replace(one, edge=edge or EdgeSettings())


def mask_of(rle: RLE, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask off the wire, bool (h, w). `Refused` unless it is of `size`, width and height."""
    height, width = rle.size
    if (width, height) != size:
        raise Refused(
            422, f"The mask is {width}x{height}, the clip {size[0]}x{size[1]}.", field="mask"
        )
    try:
        return np.ascontiguousarray(decode(rle.model_dump()))
    except (MaskError, ValueError, IndexError, OverflowError, MemoryError) as error:
        raise Refused(422, "The mask's run lengths are damaged.", field="mask") from error
