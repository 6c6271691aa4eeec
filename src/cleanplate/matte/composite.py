"""The subject laid over something new, in light; and what makes it look as if it had been there.

Porter and Duff, "Compositing Digital Images", SIGGRAPH 1984. All pictures here are light, float32
(h, w, 3) with white at 1 (see `light`); mattes float32 (h, w) in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.light import from_light, to_light

F32 = NDArray[np.float32]

_WRAP_DEPTH = 2.0  # in blurs of the background's light: how far into the subject it reaches
_SHADOW_SQUASH = 0.12  # of the subject's height: how flat its shadow lies
_GRAIN_BLUR = 1.2  # pixels: what is finer than this counts as grain
_GRAIN_BLOCK = 16  # pixels
_GRAIN_FLAT = 0.2  # of the blocks are flat enough to show it
_GRAIN_TONES = (0.03, 0.97)


@dataclass(frozen=True)
class CompositeSettings:
    """How the subject is set in.

    Attributes
    ----------
    wrap
        0..1: how much of the background's light spills over the subject's edge, and `wrap_width`
        over how many pixels.
    shadow
        0..1: how dark the soft shadow at the subject's foot is.
    grain
        Whether the background gets the grain of the clip.
    """

    wrap: float = 0.0
    wrap_width: float = 12.0
    shadow: float = 0.0
    grain: bool = True


def over(front: F32, alpha: F32, back: F32) -> F32:
    """The subject over a background."""
    return back + alpha[..., None] * (front - back)


def wrapped(front: F32, alpha: F32, back: F32, amount: float, width: float) -> F32:
    """The subject with the background's light on its edge, from the edge `width` pixels inwards."""
    blur = max(width / _WRAP_DEPTH, 0.5)
    open_air = cv2.GaussianBlur((1 - alpha)[..., None] * back, (0, 0), blur)
    # Light adds where the background is brighter than the subject, and never takes away.
    rim = np.clip(cv2.GaussianBlur(1 - alpha, (0, 0), blur), 0, 1)[..., None]
    return front + np.float32(amount) * rim * np.maximum(open_air - front * rim, 0)


def contact_shadow(alpha: F32, amount: float) -> F32:
    """How much light is left on a background under the subject's foot, float32 (h, w) in 0..1.

    The matte laid flat at its lowest edge and blurred, darkest where it touches.
    """
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    if not len(rows):
        return np.ones(alpha.shape, np.float32)
    height, width = alpha.shape
    top, foot = int(rows[0]), int(rows[-1]) + 1
    flat = max(3, round((foot - top) * _SHADOW_SQUASH))
    lying = cv2.resize(alpha[top:foot], (width, flat), interpolation=cv2.INTER_AREA)
    ground = np.zeros((height + 2 * flat, width), np.float32)
    at = foot - flat // 2
    ground[at : at + flat] = lying
    soft = cv2.GaussianBlur(ground, (0, 0), max(1.0, flat / 3))[:height]
    return 1 - np.float32(amount) * np.clip(soft, 0, 1)


def kept_shadow(frame: F32, plate: F32, alpha: F32) -> F32:
    """The subject's own shadow: how much darker the frame is than the empty background around it.

    Float32 (h, w), 1 where no shadow falls. Only darkening counts, smoothed, outside the subject.
    """
    luma = np.float32([0.2126, 0.7152, 0.0722])
    dark = (frame @ luma + 0.01) / (plate @ luma + 0.01)
    free = (1 - alpha).astype(np.float32)
    blur = (0, 0), 3
    weight = np.maximum(cv2.GaussianBlur(free, *blur), 1e-3)
    dark = cv2.GaussianBlur(np.minimum(dark, 1.5) * free, *blur) / weight
    # A tenth darker may be noise or a change of exposure; a shadow is more.
    share = np.clip((0.95 - dark) / 0.10, 0, 1)
    return (1 - share * (1 - np.clip(dark, 0, 1))).astype(np.float32)


def grain_of(image: NDArray, after: NDArray | None = None) -> tuple[float, float, float]:
    """The strength of a picture's grain for each channel, RGB uint8 or uint16, in 0..1.

    What is finer than a blur in the flattest parts of the picture, block by block: cloth and leaves are
    no grain (Liu, Tanaka and Okutomi, 2013, choose weakly textured patches for the same reason).
    Blocks that are black or white say nothing. With the frame `after` it is no more than what changes
    to that: a lawn is textured all over, but stays as it is.
    """
    unit = _unit(image)
    grain = _flattest(unit, unit)
    if after is not None:
        # Two frames differ by the grain of both.
        grain = np.minimum(grain, _flattest(_unit(after) - unit, unit) / np.float32(2**0.5))
    return tuple(float(v) for v in grain)


def _flattest(picture: F32, tones: F32) -> F32:
    """What of a picture is finer than a blur, as the deviation of noise, where there is least of it."""
    fine = np.abs(picture - cv2.GaussianBlur(picture, (0, 0), _GRAIN_BLUR))
    size = tuple(max(1, side // _GRAIN_BLOCK) for side in picture.shape[1::-1])
    tone, grain = (
        cv2.resize(v, size, interpolation=cv2.INTER_AREA).reshape(-1, 3) for v in (tones, fine)
    )
    usable = ((tone > _GRAIN_TONES[0]) & (tone < _GRAIN_TONES[1])).all(axis=1)
    if usable.any():
        grain = grain[usable]
    # The mean size of normal noise, and what a blur of this width takes away of it.
    return np.quantile(grain, _GRAIN_FLAT, axis=0) / np.float32(0.798 * 0.95)


def _unit(image: NDArray) -> F32:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def grained(image: NDArray, have, want, seed: int) -> NDArray:
    """A picture, uint8 or uint16, with as much grain as another: `have` and `want` from `grain_of`.

    Never takes grain away. The grain differs from frame to frame by `seed`.
    """
    missing = [max(w * w - h * h, 0.0) ** 0.5 for h, w in zip(have, want, strict=True)]
    if max(missing) < 1e-4:
        return image
    random = np.random.default_rng(seed)
    noise = random.standard_normal(image.shape, np.float32) * np.float32(missing)
    top = np.iinfo(image.dtype).max
    return np.rint(np.clip(image + noise * top, 0, top)).astype(image.dtype)


def composite(
    foreground: NDArray,
    alpha: F32,
    background: NDArray,
    transfer: str,
    settings: CompositeSettings | None = None,
    shade: F32 | None = None,
) -> NDArray:
    """A finished frame: `foreground` over `background`, both RGB uint8 or uint16 (h, w, 3).

    `transfer` is the transfer function that both are in, by FFmpeg's name; `shade`, float32 (h, w),
    is how much light is left on the background where a shadow falls. Returns the foreground's type.
    """
    settings = settings or CompositeSettings()
    if shade is None and settings.shadow == 0 and settings.wrap == 0:
        return _set_in(foreground, alpha, background, transfer)
    front, back = to_light(foreground, transfer), to_light(background, transfer)
    if shade is not None:
        back = back * shade[..., None]
    if settings.shadow > 0:
        back = back * contact_shadow(alpha, settings.shadow)[..., None]
    if settings.wrap > 0:
        front = wrapped(front, alpha, back, settings.wrap, settings.wrap_width)
    mixed = from_light(over(front, alpha, back), transfer, foreground.dtype.type)
    solid = alpha >= 1
    if settings.wrap == 0:
        mixed[solid] = foreground[solid]
    return mixed


def _set_in(foreground: NDArray, alpha: F32, background: NDArray, transfer: str) -> NDArray:
    """A composite of nothing but the matte: only where it is in between there is light to mix."""
    result = background.astype(foreground.dtype, copy=True)
    solid = alpha >= 1
    result[solid] = foreground[solid]
    mixed = (alpha > 0) & ~solid
    if not mixed.any():
        return result
    front, back = (to_light(image[mixed][None], transfer) for image in (foreground, background))
    share = alpha[mixed][None]
    result[mixed] = from_light(over(front, share, back), transfer, foreground.dtype.type)[0]
    return result


def blurred(image: NDArray, pixels: float, transfer: str, alpha: F32 | None = None) -> NDArray:
    """A frame out of focus, RGB uint8 or uint16, blurred in light by about `pixels`.

    With `alpha`, what the subject covers does not bleed into the blur.
    """
    light = to_light(image, transfer)
    sigma = max(pixels / 2, 0.3)
    if alpha is None:
        return from_light(_wide_blur(light, sigma), transfer, image.dtype.type)
    free = np.clip(1 - alpha, 0, 1)[..., None]
    weight = _wide_blur(np.repeat(free, 3, axis=2), sigma)
    mean = _wide_blur(light * free, sigma) / np.maximum(weight, 1e-3)
    share = np.clip(weight * 20, 0, 1)
    if (share < 1).any():  # deep inside the subject nothing is near: what lies farther will do
        far = _wide_blur(np.where(weight > 1e-3, mean, 0) * share, 4 * sigma)
        far_weight = np.maximum(_wide_blur(share, 4 * sigma), 1e-3)
        mean = share * mean + (1 - share) * far / far_weight
    return from_light(mean, transfer, image.dtype.type)


def _wide_blur(values: F32, sigma: float) -> F32:
    """A Gaussian blur; a wide one on a reduced picture, where it looks the same."""
    step = int(max(1, sigma // 4))
    if step == 1:
        return cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    height, width = values.shape[:2]
    size = (max(1, width // step), max(1, height // step))
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
