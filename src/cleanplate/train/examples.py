"""Examples: pictures with the masks of one kind of object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from cleanplate.errors import UsageError

LEAST = 5
"""Examples with the object on them, fewer than which nothing can be learned and tested."""

FEW = 10
"""Examples fewer than which what is measured says little."""

_MOST_HELD = 40  # examples: more take time and tell little more

LONGEST = 1280  # pixels: examples are kept no larger than this


@dataclass(frozen=True)
class Example:
    """A picture, RGB uint8 (h, w, 3), and where the object is on it, bool (h, w); empty where it is
    not there at all. `source` names where it comes from, and `group` what it shares with others: a
    clip, whose frames are alike."""

    image: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    source: str = ""
    group: str = ""

    @classmethod
    def of(cls, image: np.ndarray, mask: np.ndarray, source: str = "", group: str = "") -> Example:
        """Bring any picture, uint8 or uint16, into this form. Raises UsageError for masks of
        another size."""
        if image.dtype == np.uint16:
            image = (image >> 8).astype(np.uint8)
        if mask.shape != image.shape[:2]:
            raise UsageError(
                f"{source}: the mask is {mask.shape[1]}x{mask.shape[0]} and the picture "
                f"{image.shape[1]}x{image.shape[0]}; they must be the same size"
            )
        scale = LONGEST / max(mask.shape)
        if scale < 1:
            size = (round(mask.shape[1] * scale), round(mask.shape[0] * scale))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
        return cls(np.ascontiguousarray(image), np.ascontiguousarray(mask), source, group or source)

    @property
    def there(self) -> bool:
        """Whether the object is on it."""
        return bool(self.mask.any())


@dataclass(frozen=True)
class Split:
    """Examples to learn from, and examples that are held out to measure by."""

    learn: list[Example]
    held: list[Example]


def split(examples: Sequence[Example], share: float = 0.3) -> Split:
    """Hold out about `share` of the examples, at least one.

    Whole groups where there are at least three of them, since frames of one clip are alike; else the
    examples evenly spread over the order they come in. Raises UsageError when there are fewer than
    five with the object on them.
    """
    there = [i for i, example in enumerate(examples) if example.there]
    if len(there) < LEAST:
        raise UsageError(
            f"There are {len(there)} pictures with the object on them, and {LEAST} are the least "
            "that can be learned from. Mark it on more frames."
        )
    wanted = min(_MOST_HELD, max(1, int(share * len(there))))
    held = _whole_groups(examples, there, wanted)
    if not held:
        steps = (np.arange(wanted) + 0.5) * len(there) / wanted
        held = {there[int(step)] for step in steps}
    return Split(
        [example for i, example in enumerate(examples) if i not in held],
        [example for i, example in enumerate(examples) if i in held],
    )


def _whole_groups(examples: Sequence[Example], there: list[int], wanted: int) -> set[int]:
    """The examples of some groups, about `wanted` of them; none where that cannot be had."""
    sizes: dict[str, int] = {}
    for i in there:
        sizes[examples[i].group] = sizes.get(examples[i].group, 0) + 1
    if len(sizes) < 3:
        return set()
    chosen: set[str] = set()
    count = 0
    for group in sorted(sizes, key=lambda g: (sizes[g], g)):
        if count >= wanted or len(there) - count - sizes[group] < LEAST - 1:
            break
        chosen.add(group)
        count += sizes[group]
    if not 0 < count <= 2 * wanted:
        return set()
    return {i for i, example in enumerate(examples) if example.group in chosen}
