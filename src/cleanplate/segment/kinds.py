"""The kinds of object that can be found by name: COCO's eighty, and the words people use for them.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cleanplate.errors import UsageError

KINDS: tuple[str, ...] = (
    *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench"),
    *("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    *("backpack", "umbrella", "handbag", "tie", "suitcase"),
    *("frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove"),
    *("skateboard", "surfboard", "tennis racket"),
    *("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl"),
    *("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut"),
    *("cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet"),
    *("tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
    *("microwave", "oven", "toaster", "sink", "refrigerator"),
    *("book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush"),
)

ANYTHING = "anything"
"""The word for whatever stands out, of any kind."""

ANIMALS = KINDS[14:24]
VEHICLES = KINDS[1:9]

_GROUPS = {
    "animal": ANIMALS,
    "vehicle": VEHICLES,
    "pet": ("cat", "dog"),
    "bike": ("bicycle", "motorcycle"),
    "bag": ("backpack", "handbag", "suitcase"),
    "furniture": ("chair", "couch", "bed", "dining table"),
    "ball": ("sports ball",),
}

_ALIASES = {
    "people": "person",
    "human": "person",
    "man": "person",
    "men": "person",
    "woman": "person",
    "women": "person",
    "child": "person",
    "children": "person",
    "pedestrian": "person",
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "plane": "airplane",
    "lorry": "truck",
    "van": "truck",
    "puppy": "dog",
    "kitten": "cat",
    "sofa": "couch",
    "plant": "potted plant",
    "pottedplant": "potted plant",
    "table": "dining table",
    "diningtable": "dining table",
    "desk": "dining table",
    "television": "tv",
    "tvmonitor": "tv",
    "monitor": "tv",
    "screen": "tv",
    "phone": "cell phone",
    "mobile": "cell phone",
    "telephone": "cell phone",
    "fridge": "refrigerator",
    "hair dryer": "hair drier",
    "doughnut": "donut",
    "mug": "cup",
    "glass": "wine glass",
    "ski": "skis",
    "purse": "handbag",
    "racket": "tennis racket",
    "rucksack": "backpack",
    "something": ANYTHING,
    "object": ANYTHING,
    "thing": ANYTHING,
    "salient": ANYTHING,
}

_FIXED_PLURALS = {"buses": "bus", "benches": "bench", "knives": "knife", "sheep": "sheep"}


def kinds_named(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds that some words stand for, in the order of `KINDS`, `ANYTHING` last.

    Upper case, plurals, hyphens and the usual other names are understood, and the words "animal",
    "vehicle", "pet", "bike", "bag", "furniture" and "ball" for groups of kinds.

    >>> kinds_named(["People", "cell-phones"])
    ('person', 'cell phone')

    Raises UsageError, with the nearest known words, for a word that means nothing here.
    """
    found: set[str] = set()
    for name in names:
        found |= _meaning(name)
    return tuple(kind for kind in (*KINDS, ANYTHING) if kind in found)


def _meaning(name: str) -> set[str]:
    word = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
    for form in (word, _FIXED_PLURALS.get(word, ""), word.removesuffix("s"), word[:-2]):
        form = _ALIASES.get(form, form)
        if form in _GROUPS:
            return set(_GROUPS[form])
        if form in KINDS or form == ANYTHING:
            return {form}
    known = [*KINDS, *_ALIASES, *_GROUPS, ANYTHING]
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(near)}?" if near else "Try person, vehicle, animal, anything."
    raise UsageError(f"{name!r} is no kind of object that can be found. {hint}")
