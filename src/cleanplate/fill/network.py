"""Image inpainting networks that users bring, called as `synthesise.complete` is.

Two signatures are known, told apart by their inputs' types and sizes: LaMa's (Suvorov et al.,
"Resolution-robust large mask inpainting with Fourier convolutions", 2022), floats at one fixed
size, and MI-GAN's (Sargsyan et al., "MI-GAN: a simple yet effective generative adversarial network
for image inpainting on mobile devices", 2023), bytes at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.fill.filled import grey_level
from cleanplate.fill.geometry import Box, bounding_box
from cleanplate.fill.smooth import harmonic_fill
from cleanplate.models.fetching import Watcher

if TYPE_CHECKING:
    from cleanplate.models.custom import CustomInpainter
    from cleanplate.models.custom.guard import GuardedSession

_CONTEXT = 0.75  # of the hole's longer side: how much more the network sees on every side
_LEAST_CONTEXT = 48  # pixels
_USUAL_SIDE = 512  # pixels: what both networks were trained on, and least that one of any size sees
_MOST_CROPS = 4  # holes further apart than their context are completed one by one, up to so many
_RING = 4  # pixels around the hole on which the network's tone is held against the picture's
_MOST_TONE = 40.0  # grey levels; what differs by more is an edge, not a fault of tone
_PEAK = 255.0


@dataclass(frozen=True)
class Signature:
    """How a network wants its picture and its mask.

    Attributes:
        image, mask, output: names of the tensors, each (1, channels, height, width).
        size: (height, width) in pixels where they are fixed, else None.
        bytes: True for uint8 pictures in 0..255 and masks that are 0 where to fill and 255 where
            to keep, as MI-GAN has them; False for float32 pictures in 0..1, masks that are 1 where
            to fill, and a result in 0..255, as LaMa has them.
    """

    image: str
    mask: str
    output: str
    size: tuple[int, int] | None
    bytes: bool


def signature(session: models.Session) -> Signature:
    """How a network is to be called.

    Raises:
        ModelError: when it is no inpainting network of a kind that is known.
    """
    of_channels = {shape[1]: name for name, shape in session.inputs.items() if len(shape) == 4}
    image, mask = of_channels.get(3), of_channels.get(1)
    if len(session.inputs) == 2 and len(session.outputs) == 1 and image and mask:
        types = {session.types[image], session.types[mask]}
        sides = session.inputs[image][2:]
        size = sides if all(isinstance(side, int) for side in sides) else None
        fits = size is None or session.inputs[mask][2:] == size
        output = next(iter(session.outputs))
        if fits and types == {"tensor(uint8)"}:
            return Signature(image, mask, output, size, True)
        if fits and types == {"tensor(float)"}:
            return Signature(image, mask, output, size, False)
    has = ", ".join(f"{n} {session.types[n]} {list(s)}" for n, s in session.inputs.items())
    raise ModelError(
        f"The network {session.name} takes {has}, which is not how LaMa or MI-GAN take a picture "
        "and a mask. Give an ONNX file of one of these."
    )


class NetworkCompleter:
    """An inpainting network behind the call of `cleanplate.fill.synthesise.complete`.

    >>> completer = NetworkCompleter("lama.onnx")              # or "lama", from the catalogue
    >>> plate = completer(image, missing)                      # doctest: +SKIP
    """

    def __init__(self, network: str | Path, *, watch: Watcher | None = None) -> None:
        """Choose a network; it is loaded, and fetched if it must be, at the first call.

        Args:
            network: a name of the catalogue, such as "lama" or "migan", or an ONNX file.
            watch: told how far a network of the catalogue is fetched, see `models.fetch`.
        """
        self._network = network
        self._watch = watch
        self._own: GuardedSession | None = None

    def load(self) -> None:
        """Load the network now, and fetch it if it must be. Raises as a call does."""
        signature(self._session())

    def __call__(
        self,
        image: np.ndarray,
        missing: np.ndarray,
        allowed: np.ndarray | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """Fill the missing pixels of one picture.

        Args:
            image: RGB (h, w, 3), uint8, uint16, or float32 in 0..255; what it holds where
                `missing` is ignored.
            missing: bool (h, w).
            allowed: bool (h, w): the network sees nothing of what is not allowed.
            seed: unused; networks give the same result for the same picture.

        Returns:
            float32 (h, w, 3) in the units of `image`, equal to it where nothing is missing; mid
            grey where nothing at all may be seen.

        Raises:
            ModelError: when the network cannot be fetched, loaded or run, or is of another kind.
        """
        unit = grey_level(image.dtype)
        out = image.astype(np.float32)
        missing = np.asarray(missing, bool)
        if not missing.any():
            return out
        hidden = missing if allowed is None else missing | ~np.asarray(allowed, bool)
        if hidden.all():
            out[missing] = _PEAK / 2 * unit
            return out
        session = self._session()
        call = signature(session)
        seen = out / unit
        seen[hidden] = harmonic_fill(seen, hidden)[hidden]
        for hole in _clusters(missing):
            y0, y1, x0, x1 = _crop(hole, call.size or (_USUAL_SIDE, _USUAL_SIDE))
            part = np.s_[y0:y1, x0:x1]
            filled = _run(session, call, seen[part], hidden[part])
            filled += _tone(seen[part] - filled, hidden[part])
            out[part][hole[part]] = np.clip(filled, 0, _PEAK)[hole[part]] * unit
        return out

    def _session(self) -> models.Session | CustomInpainter | GuardedSession:
        name = str(self._network)
        if name in models.names():
            return models.session(name, watch=self._watch)
        from cleanplate.models import custom

        if name in custom.names():
            own = custom.load(name)
            if not isinstance(own, custom.CustomInpainter):
                raise ModelError(f"{name} fills no holes. Give one of: {', '.join(_inpainters())}.")
            return own
        if self._own is None:
            file = Path(self._network).expanduser()
            if not file.is_file():
                raise ModelError(
                    f"{file} cannot be read (No such file). Give an ONNX file, or one of: "
                    f"{', '.join(_inpainters())}."
                )
            # A stranger's file, so in a worker that can do nothing but compute.
            self._own = custom.guarded(file)
        return self._own


def _inpainters() -> list[str]:
    """The inpainting networks of the catalogue and of the user's own."""
    from cleanplate.models import custom

    listed = [name for name in models.names() if models.manifest(name).task == "inpaint"]
    own = [name for name in custom.names() if custom.entry(name).manifest.task == "inpaint"]
    return [*listed, *own]


def _context(hole: np.ndarray) -> int:
    y0, y1, x0, x1 = bounding_box(hole, 0)
    return max(_LEAST_CONTEXT, round(_CONTEXT * max(y1 - y0, x1 - x0)))


def _clusters(missing: np.ndarray) -> list[np.ndarray]:
    """The missing pixels in groups so far apart that each sees known pixels all around it."""
    size = 2 * _LEAST_CONTEXT + 1
    near = cv2.dilate(missing.astype(np.uint8), np.ones((size, size), np.uint8))
    count, labels = cv2.connectedComponents(near)
    if count - 1 > _MOST_CROPS:
        return [missing]
    return [missing & (labels == n) for n in range(1, count)]


def _crop(hole: np.ndarray, size: tuple[int, int]) -> Box:
    """The box that the network sees: hole and context, of the network's shape where it can be."""
    height, width = hole.shape
    y0, y1, x0, x1 = bounding_box(hole, _context(hole))
    scale = max((y1 - y0) / size[0], (x1 - x0) / size[1], 1.0)
    y0, y1 = _stretch(y0, y1, round(scale * size[0]), height)
    x0, x1 = _stretch(x0, x1, round(scale * size[1]), width)
    return y0, y1, x0, x1


def _stretch(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """An interval grown evenly to `length`, moved and cut so that it stays within 0..limit."""
    length = min(max(length, stop - start), limit)
    start = min(max(0, (start + stop - length) // 2), limit - length)
    return start, start + length


def _run(session: models.Session, call: Signature, image: np.ndarray, hidden: np.ndarray):
    """The network's own picture of a crop, float32 (h, w, 3) in 0..255, tone not matched."""
    if call.size is None:
        return _answer(session, call, image, hidden)
    height, width = hidden.shape
    scale = min(call.size[0] / height, call.size[1] / width, 1.0)
    small = (min(call.size[1], round(width * scale)), min(call.size[0], round(height * scale)))
    image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(hidden.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0
    # A crop of another shape is mirrored out, holes and all: stretched, textures would be wrong.
    below, right = call.size[0] - small[1], call.size[1] - small[0]
    mirror = ((0, below), (0, right))
    filled = _answer(
        session, call, np.pad(image, (*mirror, (0, 0)), "symmetric"), np.pad(cover, mirror, "symmetric")
    )  # fmt: skip
    filled = np.ascontiguousarray(filled[: small[1], : small[0]])
    return cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)


def _answer(session: models.Session, call: Signature, image: np.ndarray, hidden: np.ndarray):
    picture = np.moveaxis(image, 2, 0)[None]
    mask = hidden[None, None]
    if call.bytes:
        picture = np.clip(picture + 0.5, 0, _PEAK).astype(np.uint8)
        mask = np.where(mask, 0, 255).astype(np.uint8)
    else:
        picture, mask = picture / _PEAK, mask.astype(np.float32)
    feeds = {call.image: np.ascontiguousarray(picture, picture.dtype), call.mask: mask}
    result = session.run(feeds)[call.output]
    if result.shape != picture.shape:
        raise ModelError(
            f"The network {session.name} gave {list(result.shape)} for a picture of "
            f"{list(picture.shape)}. Give an ONNX file of LaMa or MI-GAN."
        )
    return np.ascontiguousarray(np.moveaxis(result[0], 0, 2), np.float32)


def _tone(difference: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """What to add to the network's picture: what it is off by around the hole, spread inwards.

    Pooled along the border, since the detail that scaling took away is no matter of tone.
    """
    size = 2 * _RING + 1
    near = cv2.dilate(hidden.astype(np.uint8), np.ones((size, size), np.uint8)).astype(bool)
    ring = (near & ~hidden).astype(np.float32)
    bounded = np.clip(difference, -_MOST_TONE, _MOST_TONE) * ring[..., None]
    pooled = cv2.GaussianBlur(bounded, (0, 0), _RING)
    mass = cv2.GaussianBlur(ring, (0, 0), _RING)
    pooled /= np.maximum(mass, 1e-3)[..., None]
    return harmonic_fill(pooled, ring == 0)
