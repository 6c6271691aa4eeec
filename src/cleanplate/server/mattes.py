"""Mattes of single frames, small, for the editor: made when they are first asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.engine.tracking import MaskStage
from cleanplate.media import ClipInfo, open_clip
from cleanplate.project import Project
from cleanplate.server import machine
from cleanplate.server.opened import OpenProject
from cleanplate.server.pictures import jpeg, png
from cleanplate.server.refusals import Refused

if TYPE_CHECKING:
    from cleanplate.matte import Cut
    from cleanplate.server.services import Services


def picture(
    serving: Services,
    project: OpenProject,
    frame: int,
    view: str,
    size: int,
    turned: dict[str, float],
) -> bytes:
    """The "matte", in grey, as a JPEG, or the "cutout" with its transparency as a PNG, with the
    project's controls but for those that are `turned`.

    409 where no mask of an object that is cut out is known on the frame, or the network by which
    mattes are made is not here.
    """
    stage = project.stage()
    objects = stage.state.objects
    marks = [
        (objects[number].action, one.digest)
        for number, one in sorted(stage.known(frame).items())
        if objects[number].action in ("cutout", "hold", "garbage")
    ]
    if not any(action == "cutout" for action, _ in marks):
        raise Refused(
            409,
            f"No mask of an object that is cut out is known on frame {frame}.",
            "Point at it, or track it, and set its action to cutout.",
        )
    from cleanplate.engine.cutout_project import matte_controls, matte_method
    from cleanplate.engine.matting import NETWORKS

    code = code_version("matte", "engine/finish.py", "engine/matting.py", "server/mattes.py")
    clip = project.clip()
    chosen = {**asdict(matte_controls(stage.state)), **turned}
    box = stage.state.settings.get("matte_garbage")
    method = matte_method(stage.state)
    if method in NETWORKS and method != "careful":
        machine.require_network(NETWORKS[method])
    decided = [code, clip.fingerprint, frame, size, marks, box, method, chosen]
    keys = {kind: key_of("matte picture", *decided, kind) for kind in ("matte", "cutout")}
    data = serving.store.get(keys[view])
    if data is None:
        wanted = {"project": str(project.folder), "frame": frame, "size": size}
        serving.pointer.ask("matte", **wanted, keys=keys, controls=chosen)
        data = serving.store.get(keys[view])
    if data is None:
        raise Refused(507, "The store has no room for the picture.", "Make room on its disk.")
    return data


class MatteRoom:
    """Makes the pictures, in the process for pointing, which keeps it: while a slider is moved, the
    frame's matte before the controls stays the same."""

    def __init__(self) -> None:
        self._last: tuple[object, Cut] | None = None

    def render(
        self,
        project: Project,
        frame: int,
        size: int,
        store: Store,
        keys: dict[str, str],
        controls: dict[str, float],
    ) -> None:
        """Make both pictures of a frame and store them under `keys`."""
        from cleanplate.engine.cutout_project import matte_method
        from cleanplate.engine.finish import finish
        from cleanplate.engine.held import held_of
        from cleanplate.matte.controls import MatteControls

        stage = MaskStage(project, store)
        info = stage.info
        scale = min(1.0, size / max(info.width, info.height))
        shape = tuple(max(1, round(side * scale)) for side in (info.width, info.height))
        mask = _reduced(stage.together(frame, "cutout"), shape)
        inside, garbage = (
            None if one is None else _reduced(one, shape) for one in held_of(stage, frame)
        )
        method = matte_method(stage.state)
        name = (project.fingerprint, frame, shape, method, mask.tobytes())
        if self._last is None or self._last[0] != name:
            self._last = (name, _cut(info, frame, mask, shape, method))
        turned = MatteControls(**controls).scaled(scale)
        done = finish(self._last[1], turned, inside, garbage)
        alpha = np.rint(done.alpha * 255).astype(np.uint8)
        store.put(keys["matte"], jpeg(np.repeat(alpha[..., None], 3, axis=2)))
        store.put(keys["cutout"], png(np.dstack([done.foreground, alpha])))


def _cut(
    info: ClipInfo, frame: int, mask: NDArray[np.bool_], shape: tuple[int, int], method: str
) -> Cut:
    """A small frame's cut. By the careful method no network looks at it: it is to be there at once."""
    from cleanplate.engine.matting import Given, open_matter

    with open_clip(info) as reader:
        image = reader.read_frame(frame).scaled(*shape)
    return open_matter(method, look=False).cut_one(Given(image, mask))


def _reduced(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask at another width and height."""
    return cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > 0.5
