"""The subject and what is behind it, each carried on from frame to frame by its own motion.

The pixels of an edge belong to two things that move apart, and flow follows neither. So the motion
of what is surely the subject is carried on outwards, that of the background inwards, and the two
layers of the frame before are moved each by its own. Laid over each other again they say what this
frame should look like: where it does, the matte of the frame before can be believed, however thin
the hair and however far it moved. And what is behind the subject now was seen before, wherever the
subject has only just got there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.motion import Carrier, moved
from cleanplate.matte.spreading import spread

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_APART = 4  # pixels from the edge at which flow follows one thing alone
_STILL = 0.2  # pixels a frame: less is taken for none, so that what is carried long is not blurred
_FADING = 0.98  # of the trust in a background, for each frame that it was not seen again
_FORGOTTEN = 0.95  # of how well the subject's colour is known, the same
_RECALLED = 0.5  # what a colour of the frame before weighs against one that is found anew
_SHOWS = 0.08  # of colour: what would show so much in the frame is hardly remembered right
LEAST = 0.02  # alpha above which a pixel's foreground colour is its own
_NOISE = 9.0 / 255  # colour by which a pixel may differ from what was expected of it
_SLACK = 0.3  # of alpha: how far that of the frame before may be off
_BESIDE = 3  # pixels around a thing that it is mixed with
_SAMPLES = 4000  # pixels that a motion is fitted to, in so many rounds
_FITS = 4
_STEP = 2  # pixels for one of the grid that motion and what lies around are carried on over
_ROUND = 4.0  # pixels around in which motion must have been right


@dataclass(frozen=True)
class Layers:
    """A frame taken apart, float32 in 0..1: `image` (h, w, 3), `alpha` (h, w), `front` and `back`
    (h, w, 3), and `seen` and `known` (h, w), how far `back` and `front` are known and not guessed."""

    image: F32 = field(repr=False)
    alpha: F32 = field(repr=False)
    front: F32 = field(repr=False)
    back: F32 = field(repr=False)
    seen: F32 = field(repr=False)
    known: F32 = field(repr=False)


@dataclass(frozen=True)
class Expected:
    """What a frame should be made of, going by the one before: as `Layers`, and `trust`, float32
    (h, w) in 0..1, how well it fits what the frame shows; `shown`, the same, how far the background
    of each pixel was known in the frame before; `x` and `y`, float32 (h, w), where each pixel was, if
    it is the subject's."""

    alpha: F32 = field(repr=False)
    front: F32 = field(repr=False)
    back: F32 = field(repr=False)
    seen: F32 = field(repr=False)
    known: F32 = field(repr=False)
    trust: F32 = field(repr=False)
    shown: F32 = field(repr=False)
    x: F32 | None = field(default=None, repr=False)
    y: F32 | None = field(default=None, repr=False)

    def hidden_by(self, things: Mask) -> Expected:
        """The same where the background is known to be hidden by some things, bool (h, w): that it does
        not fit the frame there is no doubt about it."""
        near = _widened(things, _BESIDE)
        return replace(self, seen=np.where(near, np.maximum(self.seen, self.shown), self.seen))


def expect(before: Layers, image: F32, mask: Mask, carrier: Carrier) -> Expected:
    """The layers of the frame before where they are now.

    `image` is float32 (h, w, 3) in 0..1 and `mask` bool (h, w), both of this frame; `carrier` is
    the way from the frame before.
    """
    body = _narrowed(mask, _APART)
    if not body.any():
        body = mask
    free = ~_widened(mask | (carrier.carry(before.alpha) > 0.02), _APART)
    front_x, front_y = _motion(carrier, body)
    back_x, back_y = _motion(carrier, free)
    alpha = np.clip(moved(before.alpha, front_x, front_y), 0, 1)
    front = moved(before.front, front_x, front_y)
    back = moved(before.back, back_x, back_y)
    shown = np.float32(_FADING) * moved(before.seen, back_x, back_y) * _inside(back_x, back_y)
    # Only what was seen before can be right or wrong about what is in sight now.
    seen = shown * _fit(back, image, free * shown)
    around = spread(image, free.astype(np.float32), _STEP)
    around = np.where(free[..., None], image, around)
    behind = back + (1 - seen[..., None]) * (around - back)
    way = front - behind
    rest = behind + alpha[..., None] * way - image
    trust = _fitting(rest, _NOISE**2 + _SLACK**2 * _square(way))
    there = _inside(front_x, front_y)
    known = moved(before.known, front_x, front_y) * there * np.float32(_FORGOTTEN)
    return Expected(alpha, front, back, seen, known, trust * there, shown, front_x, front_y)


def remembered(front: F32, alpha: F32, expected: Expected | None) -> tuple[F32, F32]:
    """The subject's colours, float32 (h, w, 3), with those that were seen in the frames before where
    less of it is in sight now; and how far they are known, float32 (h, w) in 0..1."""
    own = np.sqrt(np.where(alpha > LEAST, alpha, np.float32(0)))
    if expected is None:
        return front, own
    # Another colour would show in the frame by as much as there is of the subject in a pixel.
    off = alpha**2 * _square(expected.front - front)
    before = np.float32(_RECALLED) * expected.known * (1 - alpha)
    share = before / np.maximum(before + alpha, 1e-6) * np.exp(-off / np.float32(2 * _SHOWS**2))
    share = np.where(alpha > LEAST, share, np.float32(1))
    return front + share[..., None] * (expected.front - front), np.maximum(own, expected.known)


def _fitting(rest: F32, variance: F32) -> F32:
    return np.exp(-cv2.GaussianBlur(_square(rest) / variance, (0, 0), 1.0) / 2).astype(np.float32)


def _square(colour: F32) -> F32:
    return np.einsum("ijk,ijk->ij", colour, colour) / 3


def _motion(carrier: Carrier, where: Mask) -> tuple[F32, F32]:
    """Where each pixel was, if it moves as what is marked near it does.

    What is marked is taken to turn and stretch as a whole, and each place of it to differ from that
    as its neighbours do.
    """
    weight = where * np.maximum(carrier.sure, np.float32(1e-3))
    rows, columns = np.indices(where.shape, dtype=np.float32)
    whole = _affine(carrier.flow, weight, rows, columns)
    flow = whole + spread(carrier.flow - whole, weight, _STEP)
    flow[np.einsum("ijk,ijk->ij", flow, flow) < _STILL * _STILL] = 0
    return columns + flow[..., 0], rows + flow[..., 1]


def _affine(flow: F32, weight: F32, rows: F32, columns: F32) -> F32:
    """The affine motion that most of what has weight has, float32 (h, w, 2), by reweighted least
    squares."""
    step = max(1, round((weight.size / _SAMPLES) ** 0.5))
    part = (slice(None, None, step), slice(None, None, step))
    scale = np.float32(max(flow.shape))
    terms = np.dstack([np.ones_like(rows), columns / scale, rows / scale])
    known, sampled, trust = flow[part].reshape(-1, 2), terms[part].reshape(-1, 3), weight[part]
    trust = trust.reshape(-1).astype(np.float64)
    ridge = np.diag([0, 1, 1]) * 1e-3 * max(trust.sum(), 1e-6)
    share = trust
    for _ in range(_FITS):
        weighted = sampled * share[:, None]
        fit = np.linalg.lstsq(weighted.T @ sampled + ridge, weighted.T @ known, rcond=None)[0]
        off = np.square(known - sampled @ fit).sum(axis=1)
        share = trust / (1 + off)
    return terms @ fit.astype(np.float32)


def _inside(x: F32, y: F32) -> NDArray[np.bool_]:
    height, width = x.shape
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def _fit(carried: F32, image: F32, free: F32) -> F32:
    """How well the background's motion explains it where it is in sight, carried on to where not."""
    weight = cv2.GaussianBlur(free, (0, 0), _ROUND)
    mean = cv2.GaussianBlur(free * _square(carried - image), (0, 0), _ROUND)
    near = np.dstack([mean / np.maximum(weight, 1e-3)] * 2)
    far = spread(near, np.minimum(weight, 1), _STEP)[..., 0]
    return np.exp(-far / np.float32(2 * _NOISE**2))


def _narrowed(mask: Mask, pixels: int) -> Mask:
    return cv2.erode(mask.astype(np.uint8), _disc(pixels), borderType=cv2.BORDER_REPLICATE) > 0


def _widened(mask: Mask, pixels: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), _disc(pixels)) > 0


def _disc(pixels: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
