"""What the user points at: by name, box, click or mask, on which frame, for which object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.errors import MaskError, MediaError, UsageError

#: Frames that are looked at before it is said that a clip does not show what was named.
_LOOKS = 6
#: Frames that a segmentation network of the user's own is shown, and at most how many are marked:
#: those on which it is surest, none of them much less sure than the best.
_STEADY, _MARKS, _AS_SURE = 12, 4, 0.9

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher
    from cleanplate.segment.find import Finder
    from cleanplate.track import TrackSession


@dataclass(frozen=True)
class Spot:
    """A click: object (from 1), frame, x and y in pixels, and whether it is on the object."""

    name: int
    frame: int
    x: float
    y: float
    on: bool = True


@dataclass(frozen=True)
class Box:
    """A box: object, frame, and left, top, width and height in pixels. An object of 0 stands for
    the next one that has no box on that frame."""

    name: int
    frame: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class KeyMask:
    """A mask drawn for a frame: a picture, white for `name`, or object ids if it has a palette."""

    name: int
    frame: int
    path: Path


@dataclass(frozen=True)
class Pointers:
    """Everything that was pointed at.

    `find` are names of kinds, looked for on frame `find_at`; without one, on the first of a few
    frames spread over the clip that shows any. `prompter` names a promptable network of the user's
    own, to make the masks of boxes and clicks.
    """

    find: tuple[str, ...] = ()
    find_at: int | None = None
    boxes: tuple[Box, ...] = ()
    spots: tuple[Spot, ...] = ()
    masks: tuple[KeyMask, ...] = ()
    prompter: str | None = None
    kinds: dict[int, str] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.find or self.boxes or self.spots or self.masks)

    def to_json(self) -> dict[str, Any]:
        """What was pointed at, as JSON-ready values, without what says nothing.

        `find` and `find_at`; `boxes`, `points` and `keymasks` by object, where it was named, frame
        and place; `prompter`.
        """

        def said(item: Spot | Box | KeyMask) -> dict[str, Any]:
            numbered = {"object": item.name} if item.name else {}
            values = {key: value for key, value in vars(item).items() if key != "name"}
            return numbered | {k: str(v) if isinstance(v, Path) else v for k, v in values.items()}

        values = {
            "find": list(self.find),
            "find_at": self.find_at,
            "boxes": list(map(said, self.boxes)),
            "points": list(map(said, self.spots)),
            "keymasks": list(map(said, self.masks)),
            "prompter": self.prompter,
        }
        return {key: value for key, value in values.items() if value not in ([], None)}

    def shifted(self, first: int) -> Pointers:
        """The same with frames counted from `first`."""

        def moved(item):
            return type(item)(**{**vars(item), "frame": item.frame - first})

        return Pointers(
            self.find,
            None if self.find_at is None else max(0, self.find_at - first),
            tuple(map(moved, self.boxes)),
            tuple(map(moved, self.spots)),
            tuple(map(moved, self.masks)),
            self.prompter,
        )

    def mark(
        self, session: TrackSession, image_of, *, watch: Watcher | None = None
    ) -> dict[int, str]:
        """Tell a session; `image_of` gives a frame, RGB (h, w, 3), by its number.

        Returns what each object is called. Raises UsageError when nothing of what was named is on
        the frame, and MaskError for a mask that cannot be read or does not fit.
        """
        names = {}
        if self.find:
            names.update(self._find(session, image_of, watch))
        offset = max(names, default=0)
        if self.prompter is not None:
            for (name, frame), mask in self._own_masks(image_of).items():
                session.add_mask(offset + name, frame, mask)
            return self._with_key_masks(session, names)
        for name, box in _numbered(self.boxes):
            corners = (box.x, box.y, box.x + box.width, box.y + box.height)
            session.add_box(offset + name, box.frame, corners)
        for (name, frame), spots in _together(self.spots).items():
            points = [(spot.x, spot.y) for spot in spots]
            session.add_points(offset + name, frame, points, [spot.on for spot in spots])
        return self._with_key_masks(session, names)

    def _with_key_masks(self, session: TrackSession, names: dict[int, str]) -> dict[int, str]:
        offset = max(names, default=0)
        for key in self.masks:
            for name, mask in read_key_mask(key).items():
                session.add_mask(offset + name, key.frame, mask)
        return {name: names.get(name, f"object {name}") for name in session.objects}

    def _own_masks(self, image_of) -> dict[tuple[int, int], np.ndarray]:
        """Masks by object and frame, as the user's own promptable network answers."""
        from cleanplate.segment import Prompt, Segmenter

        asked: dict[tuple[int, int], dict] = {}
        for name, box in _numbered(self.boxes):
            corners = (box.x, box.y, box.x + box.width, box.y + box.height)
            asked.setdefault((name, box.frame), {})["box"] = corners
        for place, spots in _together(self.spots).items():
            more = asked.setdefault(place, {})
            more["points"] = [(spot.x, spot.y) for spot in spots]
            more["labels"] = [spot.on for spot in spots]
        segmenter = Segmenter(self.prompter)
        masks = {}
        for (name, frame), how in asked.items():
            best, *_ = segmenter.predict(Prompt(**how), segmenter.embed(image_of(frame)))
            masks[name, frame] = best.mask
        return masks

    def _find(self, session: TrackSession, image_of, watch: Watcher | None) -> dict[int, str]:
        from cleanplate.segment.find import Finder

        last = session.length - 1
        if self.find_at is not None and not 0 <= self.find_at <= last:
            raise UsageError(
                f"--find-at names a frame that is not there; they are numbered 0 to {last}."
            )
        finder = Finder(watch=watch)
        if self.find_at is None and (kept := _steadily(finder, self.find, session, image_of)):
            return kept
        places = _looks(session.length) if self.find_at is None else [self.find_at]
        for place in places:
            found = finder.find(image_of(place), list(self.find))
            for item in found:
                session.add_mask(item.number, place, item.mask)
            if found:
                return {item.number: item.kind for item in found}
        where = (
            f"frame {places[0]}" if len(places) == 1 else f"frames {', '.join(map(str, places))}"
        )
        raise UsageError(
            f"No {', '.join(self.find)} was found on {where}. Look at another with --find-at, "
            "or point with --box or --point."
        )


def _steadily(
    finder: Finder, names: tuple[str, ...], session: TrackSession, image_of
) -> dict[int, str]:
    """Mark what a segmentation network of the user's own sees on the frames where it is surest.

    Such a network means the same by a label on every frame, so that several marks hold the tracking.
    Empty where the names are of another kind, or nothing is seen.
    """
    from cleanplate.segment.custom import understand

    if not understand(names).steady:
        return {}
    length = session.length
    places = sorted({round(i * (length - 1) / (_STEADY - 1)) for i in range(min(_STEADY, length))})
    seen = {place: finder.find(image_of(place), list(names)) for place in places}
    kinds = sorted({item.kind for found in seen.values() for item in found})
    for number, kind in enumerate(kinds, 1):
        marks = [(i.score, p, i.mask) for p, found in seen.items() for i in found if i.kind == kind]
        marks.sort(key=lambda mark: -mark[0])
        for score, place, mask in marks[:_MARKS]:
            if score >= _AS_SURE * marks[0][0]:
                session.add_mask(number, place, mask)
    return dict(enumerate(kinds, 1))


def _looks(length: int) -> list[int]:
    """The frames that are looked at for what was named, the first one first."""
    return sorted({round(i * (length - 1) / (_LOOKS - 1)) for i in range(_LOOKS)})


def read_key_mask(key: KeyMask) -> dict[int, np.ndarray]:
    """The masks in a picture by object, bool (h, w): one where it is black and white, one for each
    id where it has the colours of DAVIS's palette. Raises MaskError when it cannot be read."""
    from cleanplate.engine.mask_files import davis_palette
    from cleanplate.media import open_clip
    from cleanplate.media.masks import mask_of

    try:
        with open_clip(key.path) as reader:
            frame = reader.read_frame(0)
    except MediaError as error:
        raise MaskError(f"The mask {key.path} cannot be read: {error}") from error
    # One number for each colour: sorting those is far faster than sorting triples.
    red, green, blue = np.moveaxis(frame.image.astype(np.uint64), 2, 0)
    coded = red << np.uint64(32) | green << np.uint64(16) | blue
    colours = np.unique(coded).tolist()
    ids = {(r << 32) + (g << 16) + b: i for i, (r, g, b) in enumerate(davis_palette().tolist())}
    numbers = {colour: ids.get(colour) for colour in colours}
    grey = all(colour >> 32 == colour >> 16 & 0xFFFF == colour & 0xFFFF for colour in colours)
    if grey or None in numbers.values():
        return {key.name: mask_of(frame)}
    return {i: coded == colour for colour, i in numbers.items() if i}


def _numbered(boxes: tuple[Box, ...]) -> Iterator[tuple[int, Box]]:
    """Boxes with their objects: one without a number is the first object free on its frame."""
    taken = {(box.name, box.frame) for box in boxes if box.name}
    for box in boxes:
        name = box.name
        if not name:
            name = next(n for n in range(1, 10_000) if (n, box.frame) not in taken)
            taken.add((name, box.frame))
        yield name, box


def _together(spots: tuple[Spot, ...]) -> dict[tuple[int, int], list[Spot]]:
    groups: dict[tuple[int, int], list[Spot]] = {}
    for spot in spots:
        groups.setdefault((spot.name, spot.frame), []).append(spot)
    return groups
