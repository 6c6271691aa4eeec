"""The training set of one kind of object: copies of its examples, kept beside the network.

Copies, since projects and clips come and go, and what was taught should not go with them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from cleanplate.atomic import write_whole
from cleanplate.engine.teaching.sources import Source, gather
from cleanplate.errors import ModelError, UsageError
from cleanplate.models import custom
from cleanplate.train import Example

_FOLDER = "training"
_INDEX = "examples.json"
_QUALITY = 95  # of JPEG: what is lost is less than what training adds in noise


@dataclass(frozen=True)
class Added:
    """What came of adding: examples that are new, those that were known, and all there are now."""

    new: int
    known: int
    total: int


@dataclass(frozen=True)
class _Item:
    id: str
    source: str
    group: str


class TrainingSet:
    """The examples of one kind of object, on disk."""

    def __init__(self, name: str) -> None:
        """`name` is that of the network; the folder is made when something is added.

        Raises UsageError for a name that another network has, which training would replace.
        """
        custom.registry.free_name(name)
        if name in custom.names() and custom.entry(name).origin != "trained":
            raise UsageError(
                f"{name} is a network that you added, and training would replace it. Take another "
                f"name, or first: cleanplate models remove {name}"
            )
        self.folder = custom.folder_of(name) / _FOLDER

    def __len__(self) -> int:
        return len(self._items())

    @property
    def digest(self) -> str:
        """What the set is known by: another one for other examples."""
        names = sorted(item.id for item in self._items())
        return hashlib.blake2b(" ".join(names).encode(), digest_size=10).hexdigest()

    def add(self, examples: Iterable[Example]) -> Added:
        """Keep examples; those that are there already are not kept twice. A mask that changed takes
        the place of the one that the same source gave before."""
        items = {item.id: item for item in self._items()}
        by_source = {(item.source, item.group): item.id for item in items.values()}
        new = known = 0
        for example in examples:
            item = _Item(_digest(example), example.source, example.group)
            if item.id in items:
                known += 1
                continue
            self._write(item, example)
            before = by_source.get((item.source, item.group))
            if before is not None and items.pop(before, None) is not None:
                for suffix in (".jpg", ".png"):
                    (self.folder / f"{before}{suffix}").unlink(missing_ok=True)
            items[item.id] = item
            by_source[item.source, item.group] = item.id
            new += 1
        self._save(list(items.values()))
        return Added(new, known, len(items))

    def read(self) -> Iterator[Example]:
        """The examples, in the order they were added."""
        for item in self._items():
            image = cv2.imread(str(self.folder / f"{item.id}.jpg"), cv2.IMREAD_COLOR)
            mask = cv2.imread(str(self.folder / f"{item.id}.png"), cv2.IMREAD_GRAYSCALE)
            if image is None or mask is None:
                raise ModelError(
                    f"The example {item.source} in {self.folder} is missing or damaged. Add it "
                    "again, or remove the network and teach it anew."
                )
            yield Example(image[..., ::-1].copy(), mask > 127, item.source, item.group)

    def _items(self) -> list[_Item]:
        path = self.folder / _INDEX
        if not path.is_file():
            return []
        try:
            return [_Item(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
        except (ValueError, TypeError) as error:
            raise ModelError(f"{path} is damaged. Teach the object anew.") from error

    def _save(self, items: list[_Item]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps([asdict(item) for item in items], indent=1) + "\n"
        write_whole(self.folder / _INDEX, text.encode())

    def _write(self, item: _Item, example: Example) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        _, picture = cv2.imencode(
            ".jpg", example.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        )
        values = np.where(example.mask, 255, 0).astype(np.uint8)
        _, mask = cv2.imencode(".png", values, [cv2.IMWRITE_PNG_BILEVEL, 1])
        write_whole(self.folder / f"{item.id}.jpg", picture.tobytes())
        write_whole(self.folder / f"{item.id}.png", mask.tobytes())


def training_sets() -> list[str]:
    """The kinds of object that there are examples of, trained or not, in alphabetical order. Those
    in whose place another network was put, or that are damaged, are left out."""
    found = []
    for path in sorted(custom.home().glob(f"*/{_FOLDER}/{_INDEX}")):
        name = path.parent.parent.name
        # A set that is damaged, or has a name that none may have, says so when it is asked for.
        with contextlib.suppress(UsageError, ModelError):
            len(TrainingSet(name))
            found.append(name)
    return found


def add_corrections(name: str, project: str | os.PathLike[str], object: str | None = None) -> Added:
    """Add what was marked and corrected in a project to the training set of `name`: one action.

    `object` is the project's object, by name or number; without one the object called `name`, or the
    only one there is. What was added before is not added twice. Train again with
    `train(name, going_on=True)`. Raises UsageError where the project has no such object.
    """
    return TrainingSet(name).add(gather(Source(Path(project), object=object), name))


def _digest(example: Example) -> str:
    digest = hashlib.blake2b(np.ascontiguousarray(example.image), digest_size=10)
    digest.update(np.packbits(example.mask).tobytes())
    digest.update(str(example.mask.shape).encode())
    return digest.hexdigest()
