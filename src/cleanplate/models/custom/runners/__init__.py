"""Networks of the user's own at work: one class a task, arrays in, arrays out.

Each is made from a settled manifest (see `resolve`) and a session for each part, and has `check`,
which runs it on a sample and raises `ManifestError` where what comes out is not what was said.
"""

from __future__ import annotations

from cleanplate.models.custom.runners.base import Running
from cleanplate.models.custom.runners.detect import CustomDetector
from cleanplate.models.custom.runners.inpaint import CustomInpainter
from cleanplate.models.custom.runners.matte import CustomMatte
from cleanplate.models.custom.runners.prompt import CustomPrompted
from cleanplate.models.custom.runners.segment import CustomSegmenter

__all__ = [
    "CustomDetector",
    "CustomInpainter",
    "CustomMatte",
    "CustomPrompted",
    "CustomSegmenter",
    "Running",
]
