"""The subject of a clip, where the user did not say more than "the subject" or drew a box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.pointers import Box, KeyMask, Pointers
from cleanplate.errors import UsageError
from cleanplate.matte.trimap import around
from cleanplate.media import ClipWriter, ExportSettings, open_clip
from cleanplate.segment import Prompt, Segmenter
from cleanplate.segment.edges import drop_specks
from cleanplate.segment.salient import Salient, salient_objects

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

Mask = NDArray[np.bool_]

MAIN = "main"

_LOOKS = 5  # frames, spread over the clip, among which the subject is looked for
_GLANCE = 512  # pixels of the network's square input for that: a quarter of the time of its largest
_CLOSE = 768  # the same for the one look at what was found; the largest would take 0.5 GB more
_BESIDE = 0.25  # of the largest thing's area: another one as large belongs to the subject
_FITS = (
    0.6  # IoU of a mask's own box with the one that was drawn, below which it means another thing
)
_CLEARER = 0.02  # by how much the salient network's mask is preferred: its edges are finer
_SPECK = 0.01  # of a mask


def point_at_subject(
    source: Path,
    subject: str,
    folder: Path,
    *,
    frames: range | slice | None = None,
    watch: Watcher | None = None,
) -> Pointers:
    """Pointers to a clip's subject: "main" for what stands out most, or a kind such as "person".

    The main subject's mask is written into `folder`. Raises UsageError where nothing stands out.
    """
    if subject != MAIN:
        return Pointers(find=(subject,))
    salient = Salient(side=_GLANCE, watch=watch)
    best: tuple[float, int, list[Mask]] | None = None
    with open_clip(source, frames) as reader:
        shown = reader.range
        for place in sorted({round(i * (len(shown) - 1) / (_LOOKS - 1)) for i in range(_LOOKS)}):
            matte = salient.matte(reader.read_frame(shown[place]).image)
            found = _main(matte)
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], shown[place], found[1]
        if best is None:
            raise UsageError(
                "Nothing stands out in this clip. Say what to cut out with --subject person, or "
                "point at it with --find, --box or --point."
            )
        _, frame, things = best
        image = reader.read_frame(frame).image
        salient = Salient(side=_CLOSE, watch=watch)
        closer = [_closer(salient, image, mask) for mask in things]
    # Each thing is followed by itself: a dog runs off another way than its owner.
    return Pointers(
        masks=tuple(
            KeyMask(name, frame, _written(folder, f"subject-{name}", mask))
            for name, mask in enumerate(_parted(closer), 1)
        )
    )


def sharpen_boxes(
    source: Path, pointers: Pointers, folder: Path, *, watch: Watcher | None = None
) -> Pointers:
    """The pointers with each box made a mask, where what stands out in it fits it better than what
    the promptable network takes it for.

    A mask fits a box when its own box is the same. Masks are written into `folder`.
    """
    kept, masks = [], list(pointers.masks)
    numbered = _numbered(pointers.boxes)
    segmenter = salient = None
    with open_clip(source) as reader:
        for box in numbered:
            segmenter = segmenter or Segmenter(watch=watch)
            salient = salient or Salient(side=_CLOSE, watch=watch)
            mask = _fitting(reader.read_frame(box.frame).image, box, segmenter, salient)
            if mask is None:
                kept.append(box)
            else:
                name = f"box-{box.name}-{box.frame}"
                masks.append(KeyMask(box.name, box.frame, _written(folder, name, mask)))
    return replace(pointers, boxes=tuple(kept), masks=tuple(masks))


def _main(matte: NDArray[np.float32]) -> tuple[float, list[Mask]] | None:
    """How clearly something stands out, and its mask with those of what is as large beside it."""
    things = salient_objects(matte)
    if not things:
        return None
    largest = things[0].sum()
    things = [one for one in things if one.sum() >= _BESIDE * largest]
    mask = np.logical_or.reduce(things)
    sure = float(matte[mask].mean())
    # A thing half out of the picture says less of what it looks like than one wholly in it.
    share = min(float(mask.mean()), 0.25) / 0.25
    return sure * (0.3 + 0.7 * share**0.5), things


def _parted(masks: list[Mask]) -> list[Mask]:
    """Masks of which no two have a pixel: the first one keeps it."""
    taken = np.zeros(masks[0].shape, bool)
    parted = []
    for mask in masks:
        parted.append(mask & ~taken)
        taken |= mask
    return parted


def _closer(salient: Salient, image: NDArray, mask: Mask) -> Mask:
    """The mask after a closer look at the part of the frame around it."""
    place = around(mask, 0.15, 16)
    again = np.zeros_like(mask)
    again[place] = salient.matte(np.ascontiguousarray(image[place])) > 0.5
    shared, union = (again & mask).sum(), (again | mask).sum()
    better = again if shared > 0.7 * union else mask
    return drop_specks(better, max(1, int(_SPECK * better.sum())))


def _fitting(image: NDArray, box: Box, segmenter: Segmenter, salient: Salient) -> Mask | None:
    """The salient mask in a box, if it fits the box better than the promptable network's."""
    drawn = (box.x, box.y, box.x + box.width, box.y + box.height)
    inside = np.zeros(image.shape[:2], bool)
    rows = slice(max(0, int(drawn[1])), int(drawn[3]) + 1)
    columns = slice(max(0, int(drawn[0])), int(drawn[2]) + 1)
    inside[rows, columns] = True
    place = around(inside, 0.08, 8)
    look = np.zeros(inside.shape, np.float32)
    look[place] = salient.matte(np.ascontiguousarray(image[place]))
    seen = drop_specks(look > 0.5, max(1, int(0.02 * inside.sum())))
    if not seen.any():
        return None
    fit = _fit(seen, drawn)
    if fit < _FITS:
        return None
    segmenter.set_image(image)
    other = segmenter.predict(Prompt(box=drawn))[0].mask
    return seen if fit + _CLEARER >= _fit(other, drawn) else None


def _fit(mask: Mask, box: tuple[float, float, float, float]) -> float:
    """The IoU of a mask's own box with another, 0..1."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0.0
    own = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    width = min(own[2], box[2]) - max(own[0], box[0])
    height = min(own[3], box[3]) - max(own[1], box[1])
    shared = max(0, width) * max(0, height)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (own, box)]
    return float(shared / max(sum(areas) - shared, 1e-6))


def _numbered(boxes: tuple[Box, ...]) -> list[Box]:
    """Boxes with their objects: one without a number is the first object free on its frame."""
    taken = {(box.name, box.frame) for box in boxes if box.name}
    result = []
    for box in boxes:
        name = box.name or next(n for n in range(1, 10_000) if (n, box.frame) not in taken)
        taken.add((name, box.frame))
        result.append(replace(box, name=name))
    return result


def _written(folder: Path, name: object, mask: Mask) -> Path:
    path = folder / f"{name}.png"
    picture = np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)
    with ClipWriter(path, settings=ExportSettings()) as writer:
        writer.write(image=picture)
    return path
