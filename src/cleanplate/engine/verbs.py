"""The public verbs that take files; apart from the modules that do them, whose names they share."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, overload

from numpy.typing import NDArray

from cleanplate.errors import UsageError
from cleanplate.limits import FARTHEST

if TYPE_CHECKING:
    from cleanplate.engine.events import Listener
    from cleanplate.engine.report import Report
    from cleanplate.project import Project

StrPath = str | os.PathLike[str]
Masks = StrPath | NDArray | Iterable[NDArray]

__all__ = ["erase", "export"]


@overload
def erase(
    source: StrPath,
    output: StrPath,
    *,
    mask: StrPath,
    grow: float | None = None,
    feather: float = 0,
    with_shadow: bool = False,
    inpaint: str | None = None,
    frames: range | slice | None = None,
    quality: str = "good",
    crf: float | None = None,
    codec: str | None = None,
    provenance: StrPath | None = None,
    report: StrPath | None = None,
    overwrite: bool = False,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
) -> Report: ...
@overload
def erase(
    source: NDArray,
    *,
    mask: Masks,
    grow: float | None = None,
    feather: float = 0,
    with_shadow: bool = False,
    inpaint: str | None = None,
    quality: str = "good",
    cancel: threading.Event | None = None,
) -> NDArray: ...
@overload
def erase(
    source: Iterable[NDArray],
    *,
    mask: Masks,
    grow: float | None = None,
    feather: float = 0,
    with_shadow: bool = False,
    inpaint: str | None = None,
    quality: str = "good",
    cancel: threading.Event | None = None,
) -> Iterator[NDArray]: ...
def erase(
    source,
    output=None,
    *,
    mask,
    grow=None,
    feather=0,
    with_shadow=False,
    inpaint=None,
    frames=None,
    quality="good",
    crf=None,
    codec=None,
    provenance=None,
    report=None,
    overwrite=False,
    progress=None,
    cancel=None,
):
    """Remove what the mask marks and fill in what was behind it.

    On files, `source` is a video, a GIF or a folder of frames, `output` the file (or frames, such
    as ``out/%05d.png``) to write, and `mask` a folder of PNGs, a matte video, or one PNG for all
    frames; white is removed (`engine.masking.mask_clip` makes such masks of what is pointed at).
    Returns a `Report`. On arrays, `source` is RGB uint8 or uint16
    (n, h, w, 3) and so is what returns; on any other iterable of (h, w, 3) frames an iterator
    returns, which reads no further ahead than it must. There `mask` is bool (h, w) for all frames,
    or (n, h, w), or an iterable of (h, w).

    `grow` widens the mask by so many pixels (default: as far as the feather); `feather` blends the
    fill into the original over so many pixels inside the grown rim. `with_shadow` grows the mask
    over the shadow and reflection that move along. `inpaint` names an inpainting network, or an
    ONNX file of one, that makes up what no frame shows. `frames` takes a part of a file, its end not
    included: ``range(20, 90)``, ``slice(20, None)``. `quality` is "draft", "good", "best" or, for
    files, "lossless": all pixels outside the hole stay exactly as they were. `crf` and `codec` override the choice of encoding.
    `provenance` names a video of where each pixel came from, `report` a JSON file. `progress` is
    called with an `Event` from the calling thread. Setting `cancel` stops the work: `Cancelled` is
    raised and nothing is left under the output's name.

    Raises `UsageError`, `MediaError` or `MaskError`, whose messages say the remedy.
    """
    if not (0 <= (grow or 0) <= FARTHEST and 0 <= feather <= FARTHEST):
        raise UsageError(f"grow and feather are distances in pixels: 0 to {FARTHEST:g}")
    if quality not in ("draft", "good", "best", "lossless"):
        raise UsageError(f"there is no quality {quality!r}: use draft, good, best or lossless")
    if isinstance(source, (str, os.PathLike)):
        from cleanplate.engine.erase import EraseSettings, erase_clip
        from cleanplate.engine.run import OutputSettings
        from cleanplate.media import mask_path

        if output is None:
            raise UsageError("a file needs an output: erase(source, output, mask=...)")
        written = OutputSettings(
            quality,
            crf,
            codec,
            None if provenance is None else Path(provenance),
            None if report is None else Path(report),
            overwrite,
        )
        settings = EraseSettings(
            mask_path(mask), grow, feather, with_shadow, inpaint, frames, written
        )
        return erase_clip(Path(source), Path(output), settings, progress, cancel)
    if output is not None:
        raise UsageError("frames in memory come back from the call: leave the output out")
    from cleanplate.engine.arrays import erase_array, erase_frames

    on = erase_array if hasattr(source, "ndim") else erase_frames
    return on(source, mask, grow, feather, quality, cancel, with_shadow, inpaint)


def export(
    project: Project | StrPath,
    output: StrPath,
    *,
    what: str | None = None,
    background: str | None = None,
    frames: range | slice | None = None,
    quality: str = "good",
    crf: float | None = None,
    codec: str | None = None,
    provenance: StrPath | None = None,
    report: StrPath | None = None,
    log: StrPath | None = None,
    overwrite: bool = False,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
    cluster: str | None = None,
    clip: str | None = None,
) -> Report:
    """Write a project's clip without what its objects mark; goes on where it was stopped.

    `what` is "plate", "cutout" (the objects that are cut out, with transparency, or over a
    `background` as `cutout` takes it) or "matte"; by default the plate, or the cutout where nothing
    is erased. `project` is an open one or its folder. `quality`, `crf` and `codec` say how the result is
    encoded; how objects are tracked and holes filled are settings of the project. `frames`, `provenance`,
    `report`, `progress` and `cancel` are as for `erase`; `log` is a file for the run's JSON lines in
    place of the user's own. `cluster` is "local" or the address of a Ray cluster that fills the
    plate; `clip` says where the project's clip is found, if not at its own path. `clip` and `output` may
    be URLs that fsspec reads.

    Raises `UsageError` where no object has a mask or a choice has no meaning for `what`,
    `ProjectError` where the project or its clip cannot be opened, `ClusterError` where the cluster
    can't be used, and what `erase` raises.
    """
    from cleanplate.engine.cutout_project import cutout_project, exported_of
    from cleanplate.engine.export import export_project
    from cleanplate.engine.run import OutputSettings
    from cleanplate.project import Project

    opened = project if isinstance(project, Project) else Project.open(project)
    files = (None if file is None else Path(file) for file in (provenance, report))
    written = OutputSettings(
        quality, crf, codec, *files, overwrite, None if log is None else Path(log)
    )
    output = os.fspath(output)
    what = exported_of(opened.state(), what)
    if what == "plate":
        if background is not None:
            raise UsageError("a background is for a cutout: choose the cutout, not the plate")
        return export_project(
            opened, output, written, progress, cancel, frames=frames, cluster=cluster, clip=clip
        )
    if cluster is not None or provenance is not None:
        raise UsageError(
            "a cutout is made on this machine and fills nothing: leave cluster and provenance out"
        )
    only = "matte" if what == "matte" else None
    return cutout_project(
        opened,
        output,
        written,
        progress,
        cancel,
        only=only,
        background=background,
        frames=frames,
        clip=clip,
    )
