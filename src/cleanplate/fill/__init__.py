"""A hole becomes believable pixels, taken from other frames where they show what is behind it.

`fill_shot` is the door. How it works: docs/how-fill-works.md.
"""

from cleanplate.fill.compose import KEPT, SYNTHESISED
from cleanplate.fill.frame import Bits, Picture
from cleanplate.fill.memory import Memory
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.shot import Filled, context, fill_shot
from cleanplate.fill.unseen import Completer

__all__ = [
    "KEPT",
    "SYNTHESISED",
    "Bits",
    "Completer",
    "FillSettings",
    "Filled",
    "Memory",
    "Picture",
    "context",
    "fill_shot",
]
