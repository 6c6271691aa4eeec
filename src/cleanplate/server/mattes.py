"""Mattes of single frames, small, for the editor: made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.engine.tracking import MaskStage
from cleanplate.media import open_clip
from cleanplate.project import Project
from cleanplate.server.opened import OpenProject
from cleanplate.server.pictures import jpeg, png
from cleanplate.server.refusals import Refused

if TYPE_CHECKING:
    from cleanplate.server.services import Services


def picture(serving: Services, project: OpenProject, frame: int, view: str, size: int) -> bytes:
    """The "matte", in grey, as a JPEG, or the "cutout" with its transparency as a PNG.

    409 where no mask of an object that is cut out is known on the frame.
    """
    stage = project.stage()
    marks = [
        one.digest
        for number, one in sorted(stage.known(frame).items())
        if stage.state.objects[number].action == "cutout"
    ]
    if not marks:
        raise Refused(
            409,
            f"No mask of an object that is cut out is known on frame {frame}.",
            "Point at it, or track it, and set its action to cutout.",
        )
    from cleanplate.engine.cutout_project import matte_controls

    code = code_version("matte", "engine/finish.py", "engine/matting.py", "server/mattes.py")
    clip = project.clip()
    turned = repr(matte_controls(stage.state))
    keys = {
        kind: key_of("matte picture", code, clip.fingerprint, frame, size, marks, turned, kind)
        for kind in ("matte", "cutout")
    }
    data = serving.store.get(keys[view])
    if data is None:
        serving.pointer.ask("matte", project=str(project.folder), frame=frame, size=size, keys=keys)
        data = serving.store.get(keys[view])
    if data is None:
        raise Refused(507, "The store has no room for the picture.", "Make room on its disk.")
    return data


def render(project: Project, frame: int, size: int, store: Store, keys: dict[str, str]) -> None:
    """Make both pictures of a frame and store them under `keys`."""
    from cleanplate.engine.cutout_arrays import preview_cutout
    from cleanplate.engine.cutout_project import matte_controls

    stage = MaskStage(project, store)
    info = stage.info
    scale = min(1.0, size / max(info.width, info.height))
    width, height = (max(1, round(side * scale)) for side in (info.width, info.height))
    with open_clip(info) as reader:
        image = reader.read_frame(frame).scaled(width, height)
    mask = stage.together(frame, "cutout").astype(np.float32)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA) > 0.5
    done = preview_cutout(image, small, matte_controls(stage.state).scaled(scale))
    alpha = np.rint(done.alpha * 255).astype(np.uint8)
    store.put(keys["matte"], jpeg(np.repeat(alpha[..., None], 3, axis=2)))
    store.put(keys["cutout"], png(np.dstack([done.foreground, alpha])))
