"""A hole becomes believable pixels, taken from other frames where they show what is behind it.

`fill_shot` is the door. How it works: docs/how-fill-works.md. What runs compiled code loads on first
use: those who only show what was filled need not wait for it.
"""

import importlib
from typing import TYPE_CHECKING

from cleanplate.fill.filled import KEPT, SYNTHESISED, Bits, Filled, Picture
from cleanplate.fill.settings import Completer, FillSettings, Quality, context, deciding

if TYPE_CHECKING:
    from cleanplate.fill.memory import Memory
    from cleanplate.fill.shot import fill_shot

_HOMES = {"Memory": "memory", "fill_shot": "shot"}

__all__ = [
    "KEPT",
    "SYNTHESISED",
    "Bits",
    "Completer",
    "FillSettings",
    "Filled",
    "Memory",
    "Picture",
    "Quality",
    "context",
    "deciding",
    "fill_shot",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"cleanplate.fill.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
