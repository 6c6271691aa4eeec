"""Masks for `erase` from whatever says what is meant, kept only while they are needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.engine.events import Event, Listener
from cleanplate.engine.mask_files import unpack_run_lengths
from cleanplate.engine.masking import mask_clip
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.project_holes import MARGIN
from cleanplate.engine.report import Origin

__all__ = ["MARGIN", "Masks", "masks_for"]

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher


@dataclass(frozen=True)
class Masks:
    """A path that `erase` takes as its mask, and what a report says of it."""

    path: Path
    origin: Origin = field(default_factory=Origin)


@contextmanager
def masks_for(
    source: Path,
    mask: Path | None,
    pointers: Pointers,
    *,
    frames: slice | None = None,
    quality: str = "good",
    progress: Listener | None = None,
    watch: Watcher | None = None,
) -> Iterator[Masks]:
    """Masks as `erase` takes them: what was given, or a folder for as long as this lasts.

    `mask` may be COCO run lengths in a `.json` as well. With `pointers` the clip is tracked first.
    Raises as `mask_clip` does.
    """
    if not pointers and mask is not None and mask.suffix.lower() != ".json":
        yield Masks(mask)
        return
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        made = Path(folder) / "masks"
        if pointers:
            tracking = "good" if quality == "lossless" else quality

            def tell(event: Event) -> None:
                # What is wrong with the clip or the frames, the run that follows says itself.
                if progress is not None and event.kind not in ("start", "warning", "done"):
                    progress(event)

            done = mask_clip(
                source,
                made,
                pointers,
                frames=frames,
                quality=tracking,
                palette=False,
                progress=tell,
                watch=watch,
            )
            asked = {**pointers.to_json(), "objects": done.objects}
            yield Masks(made, Origin(asked=asked, seconds=done.timings))
        else:
            unpack_run_lengths(mask, made)
            yield Masks(made, Origin(mask))
