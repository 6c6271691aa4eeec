"""Cut out what was pointed at: find the subject, track it, and matte it."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.engine.cutout import CutoutSettings, cutout_clip
from cleanplate.engine.events import Listener
from cleanplate.engine.pointed import masks_for
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.report import Report
from cleanplate.engine.run import check_outputs
from cleanplate.engine.subject import MAIN, point_at_subject, sharpen_boxes
from cleanplate.models import release

if TYPE_CHECKING:
    from cleanplate.engine.control import Control
    from cleanplate.models.fetching import Watcher

_TRACKED = {"lossless": "good"}


def cut_out(
    source: Path,
    output: Path,
    settings: CutoutSettings,
    pointers: Pointers | None = None,
    *,
    subject: str | None = None,
    progress: Listener | None = None,
    cancel: threading.Event | Control | None = None,
    watch: Watcher | None = None,
) -> Report:
    """Cut out what `pointers` mean, `settings.mask` marks, or else the `subject`.

    A subject is "main" (what stands out most) or a kind such as "person". Without any of these the
    main subject is cut out by the careful method, and everything that is found by the others.
    Raises as `cutout_clip` and `mask_clip` do.
    """
    check_outputs(output, settings.output, {"the clip": source})
    pointers = pointers or Pointers()
    alone = settings.method != "careful" and settings.background != "plate"
    if settings.mask is None and not pointers and subject is None and alone:
        return cutout_clip(source, output, settings, progress, cancel, watch)
    chosen = settings.frames
    span = (
        chosen if chosen is None or isinstance(chosen, slice) else slice(chosen.start, chosen.stop)
    )
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        if settings.mask is None and not pointers:
            pointers = point_at_subject(
                source, subject or MAIN, Path(folder), frames=span, watch=watch
            )
        elif pointers.boxes and settings.method == "careful":
            pointers = sharpen_boxes(source, pointers, Path(folder), watch=watch)
        quality = settings.output.quality
        with masks_for(
            source,
            settings.mask,
            pointers,
            frames=span,
            quality=_TRACKED.get(quality, quality),
            progress=progress,
            watch=watch,
        ) as masks:
            release()  # what tracked is not needed to matte, and both would not fit a small machine
            settings = replace(settings, mask=masks)
            return cutout_clip(source, output, settings, progress, cancel, watch)
