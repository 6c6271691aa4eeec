"""Masks as COCO's run lengths: the JSON form that other tools read.

Lin et al., COCO API, `maskApi.c`: runs of 0 and 1 in turn, column by column, each written as the
difference to the run two before it, in groups of five bits.
"""

from __future__ import annotations

import numpy as np

from cleanplate.errors import MaskError


def encode(mask: np.ndarray) -> dict:
    """A mask, bool (h, w), as {"size": [h, w], "counts": "..."}.

    >>> encode(np.array([[False, True], [True, True]]))
    {'size': [2, 2], 'counts': '13'}
    """
    flat = np.asarray(mask, bool).T.reshape(-1)
    edges = np.flatnonzero(np.diff(flat, prepend=False)) if flat.size else np.zeros(0, int)
    runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
    return {"size": [int(n) for n in mask.shape], "counts": _write(runs.tolist())}


def decode(coded: dict) -> np.ndarray:
    """The mask, bool (h, w), of `encode`; lists of plain counts are read as well.

    Raises MaskError when the runs do not fill the size.
    """
    height, width = coded["size"]
    counts = coded["counts"]
    runs = np.array(counts if isinstance(counts, list) else _read(counts), int)
    if (runs < 0).any() or runs.sum() != height * width:
        raise MaskError(f"The run lengths do not fill a mask of {width}x{height}.")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _write(runs: list[int]) -> str:
    text = []
    for i, run in enumerate(runs):
        left = run - runs[i - 2] if i > 2 else run
        while True:
            five = left & 31
            left >>= 5  # keeps the sign
            more = left != (-1 if five & 16 else 0)
            text.append(chr(48 + (five | (32 if more else 0))))
            if not more:
                break
    return "".join(text)


def _read(text: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        five = ord(letter) - 48
        value |= (five & 31) << shift
        shift += 5
        if five & 32:
            continue
        if five & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    return runs
