"""Networks of the user's own: brought as ONNX with a manifest, or trained here.

    from cleanplate.models import custom

    custom.add(["boom.onnx"], {"task": "segment", "labels": ["boom", "rig"]})
    custom.names(), custom.entry("boom").manifest
    custom.load("boom").probabilities(frame)        # float32 (labels, h, w)

What `load` returns depends on the task: a detector answers `boxes`, semantic segmentation
`probabilities` and `logits`, a matte network `matte`, a promptable one `embed` and `answer`; an
inpainting network is run as LaMa's session is. A network from a stranger is only ever read and run
in a worker process that can open nothing, takes bounded memory and bounded time (see `guard`).
"""

from cleanplate.models.custom.adding import add, guarded
from cleanplate.models.custom.facts import Facts
from cleanplate.models.custom.guard import Guard, Limits, Refusal
from cleanplate.models.custom.reading import ManifestError
from cleanplate.models.custom.registry import (
    Entry,
    entry,
    folder_of,
    home,
    keep,
    load,
    name_from,
    names,
    read,
    release,
    remove,
)
from cleanplate.models.custom.runners import (
    CustomDetector,
    CustomInpainter,
    CustomMatte,
    CustomPrompted,
    CustomSegmenter,
)
from cleanplate.models.custom.words import Word, words

__all__ = [
    "CustomDetector",
    "CustomInpainter",
    "CustomMatte",
    "CustomPrompted",
    "CustomSegmenter",
    "Entry",
    "Facts",
    "Guard",
    "Limits",
    "ManifestError",
    "Refusal",
    "Word",
    "add",
    "entry",
    "folder_of",
    "guarded",
    "home",
    "keep",
    "load",
    "name_from",
    "names",
    "read",
    "release",
    "remove",
    "words",
]
