"""The shots of a project's clip, found once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from cleanplate.engine.graph import EXPORT
from cleanplate.engine.overlap import Halt
from cleanplate.engine.store import Store
from cleanplate.media import ClipInfo, ClipReader, Frame, detect_shots, open_clip

Within = range | slice | None
Told = Callable[[int], None]


def shots_of(
    info: ClipInfo,
    fingerprint: str,
    store: Store,
    halt: Halt,
    within: Within = None,
    told: Told = lambda count: None,
) -> list[range]:
    """The clip's shots, or those of a part of it, from the store where they are known.

    `told` is called with the number of frames that were looked at, after each.
    """
    known = known_shots(fingerprint, store, within)
    if known is not None:
        return known
    with open_clip(info, within) as reader:
        shots = detect_shots(_Stoppable(reader, halt, told))
    ends = [shots[0].start, *(shot.stop for shot in shots)]
    store.put(_key(fingerprint, within), " ".join(map(str, ends)).encode())
    return shots


def known_shots(fingerprint: str, store: Store, within: Within = None) -> list[range] | None:
    """The clip's shots if the store knows them."""
    known = store.get(_key(fingerprint, within))
    if known is None:
        return None
    return [range(a, b) for a, b in pairwise(int(end) for end in known.split())]


def _key(fingerprint: str, within: Within) -> str:
    part = [] if within is None else [[within.start, within.stop, within.step]]
    return EXPORT["shots"].key(*part, clip=fingerprint)


class _Stoppable:
    """A reader that raises `Cancelled` at the next frame once the run is to stop."""

    def __init__(self, reader: ClipReader, halt: Halt, told: Told) -> None:
        self._reader = reader
        self._halt = halt
        self._told = told

    def __iter__(self) -> Iterator[Frame]:
        for count, frame in enumerate(self._reader, 1):
            self._halt.check()
            self._told(count)
            yield frame
