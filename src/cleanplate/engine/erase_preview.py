"""What an erase will look like: some of its frames, at half size and as drafts look."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.engine.erase import EraseSettings
from cleanplate.engine.events import Event, Listener
from cleanplate.engine.marking import mark_project
from cleanplate.engine.outputs import check_outputs
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.preview import QUALITY, Preview, load_kernels, write_preview
from cleanplate.engine.project_shadow import mark_shadow
from cleanplate.engine.projects import new_project
from cleanplate.engine.tracking import MaskStage
from cleanplate.engine.wanted import behind_the_end
from cleanplate.errors import UsageError
from cleanplate.fill import FillSettings, deciding
from cleanplate.media import ClipInfo, open_clip, open_masks, probe
from cleanplate.project import Project, SetSettings

if TYPE_CHECKING:
    from cleanplate.models.fetching import Watcher

FRAMES = 8
"""Frames in the middle of the clip that are shown unless others are asked for."""

_SHADOW = 48
"""Frames either side that are looked at for a shadow."""


def preview_erase(
    source: Path,
    output: Path,
    settings: EraseSettings,
    pointers: Pointers,
    *,
    progress: Listener | None = None,
    watch: Watcher | None = None,
) -> range:
    """Write some frames of what erasing would give, and return which.

    A picture or a silent video, half as wide and high as the clip. `settings.frames` are the
    frames, default a few from the middle; `settings.mask` is left out where `pointers` say what is
    meant. Raises as `cleanplate.erase` and `mark_project` do.
    """
    mask = None if pointers else settings.mask
    read = {"the clip": source} if mask is None else {"the clip": source, "the mask": mask}
    check_outputs(output, settings.output, read)
    info = probe(source)
    short = behind_the_end(info, settings.frames)
    if short and progress is not None:
        progress(Event("warning", message=short))
    wanted = _chosen(source, settings)
    chosen = None if settings.frames is None else wanted
    threading.Thread(target=load_kernels, daemon=True).start()  # while the masks are read
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        name = Path(folder) / "look.cleanplate"
        project = new_project(source, name, mask, only=_around(wanted, settings), frames=chosen)
        if pointers:
            mark_project(project, pointers, MaskStage(project, watch=watch), watch=watch)
        project.edit(
            SetSettings(
                grow=settings.margin, feather=settings.feather, completer=settings.inpaint or ""
            )
        )
        masked = _masked(mask, info, chosen)
        if settings.with_shadow:
            _mark_shadows(project, wanted if masked else _shadowed(wanted), progress, watch)
        size = (max(info.width, info.height) + 1) // 2
        look = Preview(project, size, within=masked, watch=watch)
        try:
            write_preview(look, output, wanted, progress=progress)
        finally:
            look.close()
    return wanted


def _chosen(source: Path, settings: EraseSettings) -> range:
    with open_clip(source, settings.frames) as reader:
        frames = reader.range
        if settings.frames is None:
            count = reader.count()
            first = max(0, (count - FRAMES) // 2)
            frames = range(first, min(count, first + FRAMES))
        return frames


def _masked(mask: Path | None, info: ClipInfo, chosen: range | None) -> range | None:
    """The frames that have a mask, where not all have."""
    if mask is None or mask.suffix.lower() == ".json":
        return None
    with open_masks(mask, info, chosen) as masks:
        return masks.frames


def _around(wanted: range, settings: EraseSettings) -> range:
    """The frames whose masks decide what is shown, as far as the clip has them."""
    around = deciding(wanted, FillSettings(QUALITY))
    far = _shadowed(wanted) if settings.with_shadow else wanted
    return range(max(min(around.start, far.start), 0), max(around.stop, far.stop))


def _shadowed(wanted: range) -> range:
    """The frames that are looked at for a shadow."""
    return range(max(wanted.start - _SHADOW, 0), wanted.stop + _SHADOW)


def _mark_shadows(
    project: Project, around: range, progress: Listener | None, watch: Watcher | None
) -> None:
    """Add the shadow of every object that has one, as some frames show it."""
    within = slice(around.start, around.stop)
    for number in sorted(project.state().objects):
        try:
            mark_shadow(project, number, MaskStage(project, within=within, watch=watch), progress)
        except UsageError:
            continue  # it casts none
