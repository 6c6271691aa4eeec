"""Examples from COCO's JSON: pictures, and instances as polygons or run lengths.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cleanplate.engine.teaching.sources import read_picture
from cleanplate.errors import MaskError, UsageError
from cleanplate.segment import rle
from cleanplate.train import Example

_FOLDERS = ("", "images", "..", "../images")
"""Where pictures lie, seen from the JSON file's folder."""


def of_coco(path: Path, wanted: str | None) -> Iterator[Example]:
    """Every picture with the instances of one category, or of all where none is named.

    Pictures without any are examples of where it is not, but for those that other categories alone
    are on. A crowd of it (`iscrowd`) is only roughly outlined: pictures with one are left out. Raises UsageError for what is no such file, or names no such category.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        images = {item["id"]: item for item in document["images"]}
        kinds = {item["id"]: str(item["name"]) for item in document.get("categories", ())}
        instances: dict[Any, list[dict]] = {}
        for item in document["annotations"]:
            instances.setdefault(item["image_id"], []).append(item)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no COCO JSON of instances ({error}).") from error
    numbers = _numbers(path, kinds, wanted)
    for number, facts in sorted(images.items(), key=lambda item: str(item[1].get("file_name"))):
        found = instances.get(number, [])
        mine = [item for item in found if item.get("category_id") in numbers or not kinds]
        if (found and not mine) or any(item.get("iscrowd") for item in mine):
            continue
        image = read_picture(_place(path, str(facts["file_name"])))
        mask = np.zeros(image.shape[:2], bool)
        for item in mine:
            mask |= _mask(item.get("segmentation"), mask.shape, path)
        name = Path(str(facts["file_name"])).name
        yield Example.of(image, mask, name, name)


def _numbers(path: Path, kinds: dict[Any, str], wanted: str | None) -> set[Any]:
    if wanted is None:
        return set(kinds)
    found = {number for number, kind in kinds.items() if kind.lower() == wanted.lower()}
    if not found:
        raise UsageError(
            f"{path} has no category {wanted}. It has: {', '.join(sorted(kinds.values()))}."
        )
    return found


def _place(path: Path, name: str) -> Path:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise UsageError(f"{path} names the picture {name}, which lies outside its folders.")
    for folder in _FOLDERS:
        place = path.parent / folder / name
        if place.is_file():
            return place
    raise UsageError(f"{path} names the picture {name}, which is neither beside it nor in images/.")


def _mask(coded: Any, shape: tuple[int, int], path: Path) -> np.ndarray:
    """One instance, bool (h, w): polygons of x and y, or run lengths."""
    try:
        if isinstance(coded, dict):
            mask = rle.decode(coded)
            if mask.shape != shape:
                raise MaskError("of another size than its picture")
            return mask
        canvas = np.zeros(shape, np.uint8)
        for polygon in coded or ():
            points = np.asarray(polygon, float).reshape(-1, 2)
            # COCO counts from pixel corners, OpenCV from centres; 4 binary digits of a pixel.
            fixed = np.round((points - 0.5) * 16).astype(np.int32)
            cv2.fillPoly(canvas, [fixed], 1, shift=4)
        return canvas > 0
    except (ValueError, KeyError, TypeError, MaskError) as error:
        raise UsageError(f"{path}: an instance's segmentation cannot be read ({error}).") from error
