"""Examples from what people have: projects, pictures with masks, COCO's JSON, DAVIS's folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.engine.pointers import KeyMask, read_key_mask
from cleanplate.errors import UsageError
from cleanplate.media import open_clip, open_masks
from cleanplate.media.masks import mask_of
from cleanplate.train import Example

MOST_OF_ONE = 40
"""Frames that are taken of one clip at most: neighbours teach nothing new."""

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Source:
    """Where examples are: `path` is a project, a folder of pictures or a clip (then `masks` is a
    folder, a video or a picture), COCO's JSON, or a folder as DAVIS has it. `object` says which: an
    object's name or number in a project, a category of COCO, an id in DAVIS's palette."""

    path: Path
    masks: Path | None = None
    object: str | None = None


def gather(source: Source, name: str) -> Iterator[Example]:
    """The examples of one source; `name` is what is being taught, which says which object is meant
    where nothing else does.

    Raises UsageError for a source that holds none, and MediaError, MaskError or ProjectError for
    what cannot be read.
    """
    path = source.path
    if not path.exists():
        raise UsageError(f"{path} does not exist. Check the name.")
    if (path / "project.json").is_file():
        from cleanplate.engine.teaching.from_projects import of_project

        yield from of_project(path, source.object, name)
    elif source.masks is not None:
        yield from _with_masks(path, source.masks)
    elif path.suffix.lower() == ".json":
        from cleanplate.engine.teaching.coco import of_coco

        yield from of_coco(path, source.object)
    elif (pairs := davis_folders(path)) is not None:
        for pictures, masks in pairs:
            yield from _of_davis(pictures, masks, source.object)
    else:
        raise UsageError(
            f"{path} is no project, no COCO JSON and no folder as DAVIS has it. For pictures or a "
            "clip say where their masks are with --masks."
        )


def spread(count: int, most: int = MOST_OF_ONE) -> list[int]:
    """At most `most` of `count` numbers, evenly."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def read_picture(path: Path) -> np.ndarray:
    """One picture, RGB (h, w, 3). Raises MediaError."""
    with open_clip(path) as reader:
        return reader.read_frame(0).image


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _PICTURES)


def _with_masks(path: Path, masks: Path) -> Iterator[Example]:
    if not masks.exists():
        raise UsageError(f"{masks} does not exist. Check the name.")
    if path.is_dir() and masks.is_dir():
        yield from _by_name(path, masks)
        return
    with open_clip(path) as reader, open_masks(masks, reader.info) as opened:
        for index in spread(reader.count()):
            image = reader.read_frame(index).image
            yield Example.of(image, opened[index], f"{path.name} frame {index}", path.name)


def _by_name(pictures: Path, masks: Path) -> Iterator[Example]:
    """Pictures and the masks of the same name; pictures without one are left out."""
    by_stem = {p.stem: p for p in _pictures(masks)}
    pairs = [(p, by_stem[p.stem]) for p in _pictures(pictures) if p.stem in by_stem]
    if not pairs:
        raise UsageError(
            f"No picture in {pictures} has a mask of its name in {masks}: cat1.jpg goes with cat1.png."
        )
    for picture, mask in pairs:
        with open_clip(mask) as reader:
            found = mask_of(reader.read_frame(0))
        yield Example.of(read_picture(picture), found, picture.name, picture.name)


def davis_folders(path: Path) -> list[tuple[Path, Path]] | None:
    """Pairs of folders, of frames and of masks, one a clip; None where the layout is another.

    DAVIS has `JPEGImages/480p/CLIP` and `Annotations/480p/CLIP`; one clip alone may be
    `frames` and `masks`.
    """
    if (path / "frames").is_dir() and (path / "masks").is_dir():
        return [(path / "frames", path / "masks")]
    images, masks = path / "JPEGImages", path / "Annotations"
    if not images.is_dir() or not masks.is_dir():
        return None
    deeper = [folder for folder in sorted(images.iterdir()) if (masks / folder.name).is_dir()]
    if deeper and not any(_pictures(folder) for folder in deeper):
        size = deeper[-1].name  # the largest, as names sort: 1080p aside, which DAVIS calls Full
        images, masks = images / size, masks / size
    return [
        (folder, masks / folder.name)
        for folder in sorted(images.iterdir())
        if (masks / folder.name).is_dir()
    ]


def _of_davis(pictures: Path, masks: Path, wanted: str | None) -> Iterator[Example]:
    if wanted is not None and not wanted.isdigit():
        raise UsageError(f"{wanted}: DAVIS's objects are numbers; give --object 1, say.")
    clip = pictures.parent.name if pictures.name == "frames" else pictures.name
    by_stem = {p.stem: p for p in _pictures(masks)}
    pairs = [(p, by_stem[p.stem]) for p in _pictures(pictures) if p.stem in by_stem]
    for index in spread(len(pairs)) if pairs else ():
        picture, mask = pairs[index]
        objects = read_key_mask(KeyMask(1, 0, mask))
        chosen = [m for i, m in objects.items() if wanted is None or i == int(wanted)]
        image = read_picture(picture)
        union = np.zeros(image.shape[:2], bool)
        for one in chosen:
            union |= one
        yield Example.of(image, union, f"{clip} frame {picture.stem}", clip)
