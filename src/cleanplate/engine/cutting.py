"""Cut out what was pointed at: find the subject, track it, and matte it."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from cleanplate.engine.cutout import CutoutSettings, check_cutout, cutout_clip
from cleanplate.engine.events import Listener
from cleanplate.engine.held import Held
from cleanplate.engine.pointed import masks_for
from cleanplate.engine.pointers import Pointers
from cleanplate.engine.report import Report
from cleanplate.engine.run import OutputSettings
from cleanplate.engine.subject import MAIN, point_at_subject, sharpen_boxes
from cleanplate.errors import UsageError
from cleanplate.matte.controls import MatteControls
from cleanplate.media import mask_path
from cleanplate.models import release

if TYPE_CHECKING:
    from cleanplate.engine.control import Control
    from cleanplate.models.fetching import Watcher

StrPath = str | os.PathLike[str]

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
    check_cutout(source, output, settings)
    pointers = pointers or Pointers()
    alone = settings.method != "careful" and settings.background != "plate"
    if settings.mask is None and not pointers and subject is None and alone:
        return cutout_clip(source, output, settings, progress, cancel, watch)
    chosen = settings.frames
    span = (
        chosen if chosen is None or isinstance(chosen, slice) else slice(chosen.start, chosen.stop)
    )
    asked = pointers.to_json() or {"subject": subject or MAIN}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        if settings.mask is None and not pointers:
            pointers = point_at_subject(
                source, subject or MAIN, Path(folder), frames=span, watch=watch
            )
        elif pointers.boxes and pointers.prompter is None and settings.method == "careful":
            pointers = sharpen_boxes(source, pointers, Path(folder), watch=watch)
        release()  # what looked for the subject is not needed to track it, nor that to matte it:
        looked = {"find subject": time.monotonic() - began}
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
            release()  # all of it would not fit a small machine
            origin = masks.origin
            if origin.asked is not None:
                # What looked for the subject, or sharpened a box, pointed at it by masks of its own.
                named = {"objects": origin.asked["objects"]}
                origin = replace(origin, asked={**asked, **named}, seconds=looked | origin.seconds)
            settings = replace(settings, mask=masks.path, origin=origin)
            return cutout_clip(source, output, settings, progress, cancel, watch)


def cutout(
    source: StrPath | NDArray | Iterable[NDArray],
    output: StrPath | None = None,
    *,
    mask: StrPath | NDArray | Iterable[NDArray] | None = None,
    subject: str | None = None,
    pointers: Pointers | None = None,
    method: str = "careful",
    screen: str | None = None,
    background: str | None = None,
    fit: str = "cover",
    end: str = "loop",
    only: str | None = None,
    choke: float = 0,
    feather: float = 0,
    gamma: float = 1,
    despeckle: int = 0,
    hold_out: StrPath | None = None,
    garbage: StrPath | tuple[float, float, float, float] | None = None,
    wrap: float = 0,
    shadow: str = "none",
    grain: bool = True,
    behind: bool | None = None,
    look: bool = True,
    frames: range | slice | None = None,
    quality: str = "good",
    crf: float | None = None,
    codec: str | None = None,
    report: StrPath | None = None,
    overwrite: bool = False,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
) -> Report | NDArray | Iterator[NDArray]:
    """Cut the subject out, with soft edges and its true colours; lay it over something new.

    On files, `source` is a video, a GIF or a folder of frames and `output` what to write: .mov,
    .webm, .mkv, .webp or pictures keep transparency, straight; with a `background` ("#rrggbb",
    "blur:N", "plate", a picture or a video, laid in by `fit` and `end`) or `only` ("matte",
    "foreground") any video does. The subject is what `mask` marks (as for `erase`), what
    `pointers` mean, or the `subject`: "main", what stands out most, is the default. Returns a
    `Report`. On arrays, `source` is RGB uint8 or uint16 (n, h, w, 3), `mask` bool (n, h, w) or
    (h, w), and straight RGBA (n, h, w, 4) returns; on any other iterable of frames, an iterator.

    `method` is "careful" (anything), "people" (their own network, GPL-3.0), "people-light" (a much
    smaller one) or "key" (a green or blue `screen`). `choke`, `feather` (pixels), `gamma` and `despeckle` (square pixels) turn the matte;
    `hold_out` is always the subject, `garbage` never: a mask, or a box (x, y, width, height) that
    everything outside of is background. `wrap` (0..1) lets the background's light over the edge;
    `shadow` is "none", "keep" or "soft"; `grain` gives backgrounds the clip's. `behind` fills in
    the background first and holds the matte against it (default with quality "best"). `look` lets
    a network look at the subject beside its mask. The rest is as for `erase`.

    Raises `UsageError`, `MediaError`, `MaskError` or `ModelError`, whose messages say the remedy.
    """
    controls = MatteControls(despeckle, choke, feather, gamma)
    if not isinstance(source, (str, os.PathLike)):
        if output is not None:
            raise UsageError("frames in memory come back from the call: leave the output out")
        from cleanplate.engine.cutout_arrays import cutout_array, cutout_frames

        on = cutout_array if hasattr(source, "ndim") else cutout_frames
        choices = {"method": method, "screen": screen, "look": look, "controls": controls}
        return on(source, mask, **choices, cancel=cancel)
    if output is None:
        raise UsageError("a file needs an output: cutout(source, output)")
    settings = CutoutSettings(
        mask=None if mask is None else mask_path(mask),
        method=method,
        screen=screen,
        background=background,
        fit=fit,
        end=end,
        only=only,
        controls=controls,
        held=Held(
            None if hold_out is None else Path(hold_out),
            garbage if garbage is None or isinstance(garbage, tuple) else Path(garbage),
        ),
        wrap=wrap,
        shadow=shadow,
        grain=grain,
        behind=behind,
        look=look,
        frames=frames,
        output=OutputSettings(
            quality, crf, codec, None, None if report is None else Path(report), overwrite
        ),
    )
    return cut_out(
        Path(source), Path(output), settings, pointers, subject=subject, progress=progress,
        cancel=cancel,
    )  # fmt: skip
