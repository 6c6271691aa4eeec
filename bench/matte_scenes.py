"""Clips whose true matte is known, made on the spot: hair, fast motion, straps and glass.

Every scene is a subject drawn at twice the size and at several instants within a frame's exposure,
averaged: so its alpha has the fractions that thin things and motion blur really give. Its colours
are scikit-image's photographs; behind it runs a real clip, or another photograph panned over.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from bench.clips import read_frames, read_video

INSTANTS = 7  # within one exposure
_DRAWN = 2  # pixels drawn for one of the frame, along each side
_SHUTTER = 0.5  # of the time between frames: 180 degrees
_SHIFT = 4  # OpenCV's fractional bits of drawn coordinates

_RING = np.linspace(0, 2 * np.pi, 90)

Poses = Callable[[float], tuple[np.ndarray, np.ndarray]]
"""From a time in frames: a coverage, float32 (h, w) in 0..1, and colours, float32 (h, w, 3)."""


@dataclass(frozen=True)
class Scene:
    """A clip and its truth, all float32 in 0..1 but `frames` and `backgrounds`, RGB uint8.

    `alphas` (n, h, w); `foregrounds` (n, h, w, 3), the subject's own colour where alpha is above
    0, in the space of the frames, None where it is not known; `box` around the subject on the first frame, x0, y0, x1, y1.
    """

    name: str
    frames: np.ndarray
    alphas: np.ndarray
    foregrounds: np.ndarray | None
    backgrounds: np.ndarray

    @property
    def box(self) -> tuple[float, float, float, float]:
        rows, columns = np.nonzero(self.alphas[0] > 0.5)
        return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


BACKGROUNDS = {
    "fur": ("plain/highway_b.mp4", "coffee"),
    "throw": ("truth/road_car/clean", "rocket"),
    "straps": ("plain/palms_pan.mp4", "coffee"),
}
"""For each scene the clip behind it, and the photograph that stands in where there are no clips."""


def scene(name: str, clips: Path | None, count: int, size: tuple[int, int] = (640, 360)) -> Scene:
    """One of `BACKGROUNDS`; `size` is width and height. Without `clips`, over a photograph."""
    behind = _behind(name, clips, count, size)
    poses = {"fur": _fur, "throw": _throw, "straps": _straps}[name](*size)
    alphas, colours = zip(*(_exposed(poses, t) for t in range(count)), strict=True)
    alpha, colour = np.stack(alphas), np.stack(colours)
    mixed = alpha[..., None] * colour + (1 - alpha[..., None]) * behind.astype(np.float32) / 255
    grain = np.random.default_rng(5).normal(0, 1.2 / 255, mixed.shape).astype(np.float32)
    frames = np.rint(np.clip(mixed + grain, 0, 1) * 255).astype(np.uint8)
    return Scene(name, frames, alpha, colour, behind)


def true_scene(folder: Path, count: int) -> Scene:
    """A real clip with its matte (`alpha/`) and what is behind (`clean/`), its first frames."""
    frames = np.stack(read_frames(folder / "frames", count))
    alphas = np.stack(read_frames(folder / "alpha", count))[..., 0].astype(np.float32) / 255
    behind = np.stack(read_frames(folder / "clean", count))
    return Scene(folder.name, frames, alphas, None, behind)


def _exposed(poses: Poses, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Alpha and colour of one frame: the mean of what is there while the shutter is open."""
    total = weighted = None
    for instant in range(INSTANTS):
        cover, colour = poses(frame + _SHUTTER * (instant + 0.5) / INSTANTS)
        light = cover[..., None] * colour
        total = cover if total is None else total + cover
        weighted = light if weighted is None else weighted + light
    colour = weighted / np.maximum(total, 1e-6)[..., None]
    size = (total.shape[1] // _DRAWN, total.shape[0] // _DRAWN)
    alpha = cv2.resize(total / INSTANTS, size, interpolation=cv2.INTER_AREA)
    light = cv2.resize(weighted / INSTANTS, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    seen = alpha[..., None] > 1e-4
    return alpha, np.where(seen, light / np.maximum(alpha, 1e-4)[..., None], small)


def _fur(width: int, height: int) -> Poses:
    """A furry animal that leans from side to side; thin hairs all around it, swaying."""
    random = np.random.default_rng(1)
    count = 900
    around = random.uniform(0, 2 * np.pi, count)
    length = random.uniform(0.04, 0.16, count) * height
    bend = random.normal(0, 0.5, count)
    shade = _photo("chelsea", width, height)
    unit = _DRAWN * height

    def pose(t: float) -> tuple[np.ndarray, np.ndarray]:
        cover = np.zeros((_DRAWN * height, _DRAWN * width), np.uint8)
        x = _DRAWN * width * (0.5 + 0.10 * np.sin(t / 7))
        y = unit * (0.62 + 0.01 * np.sin(t / 3))
        lean = 0.15 * np.cos(t / 7)
        for dx, dy, a, b in ((0, 0.12, 0.30, 0.30), (0.02, -0.22, 0.17, 0.16)):
            centre = (x + unit * (dx + lean * -dy), y + unit * dy)
            _ellipse(cover, centre, (a * unit, b * unit))
            _hairs(cover, centre, (a * unit, b * unit), around, _DRAWN * length, bend, t)
        return cover.astype(np.float32) / 255, _moved(shade, x - unit * 0.5, y - unit * 0.6)

    return pose


def _throw(width: int, height: int) -> Poses:
    """A person of a kind, limbs swinging fast: what moves is smeared over many pixels."""
    shade = _photo("astronaut", width, height)
    unit = _DRAWN * height

    def pose(t: float) -> tuple[np.ndarray, np.ndarray]:
        cover = np.zeros((_DRAWN * height, _DRAWN * width), np.uint8)
        x, y = _DRAWN * width * 0.5 + unit * 0.18 * np.sin(t / 5), unit * 0.5
        _ellipse(cover, (x, y + 0.10 * unit), (0.11 * unit, 0.20 * unit))
        _ellipse(cover, (x, y - 0.20 * unit), (0.075 * unit, 0.095 * unit))
        for side in (-1, 1):
            swing = side * (0.9 + 0.9 * np.sin(t / 1.9 + side))
            hand = (x + 0.30 * unit * np.sin(swing), y - 0.02 * unit + 0.30 * unit * np.cos(swing))
            _line(cover, [(x + side * 0.09 * unit, y - 0.03 * unit), hand], 0.045 * unit)
            foot = (x + side * 0.1 * unit * (1 + np.cos(t / 2.3)), y + 0.48 * unit)
            _line(cover, [(x + side * 0.06 * unit, y + 0.25 * unit), foot], 0.06 * unit)
        return cover.astype(np.float32) / 255, _moved(shade, x - unit * 0.5, 0)

    return pose


def _straps(width: int, height: int) -> Poses:
    """A bag with thin straps, a fringe of hair and a looking glass, swinging."""
    random = np.random.default_rng(3)
    locks = random.uniform(-1, 1, (160, 3))
    shade = _photo("immunohistochemistry", width, height)
    unit = _DRAWN * height

    def pose(t: float) -> tuple[np.ndarray, np.ndarray]:
        cover = np.zeros((_DRAWN * height, _DRAWN * width), np.uint8)
        x, y = _DRAWN * width * 0.5 + unit * 0.25 * np.sin(t / 6), unit * 0.55
        place, turn = np.array([x, y]), 0.35 * np.cos(t / 6)
        corners = np.array([(-0.22, -0.10), (0.22, -0.10), (0.26, 0.26), (-0.26, 0.26)]) * unit
        _polygon(cover, _turned(corners, turn) + place)
        for side in (-0.16, 0.16):
            top = _turned(np.array([[side * 0.6 * unit, -0.42 * unit]]), turn)[0] + place
            low = _turned(np.array([[side * unit, -0.09 * unit]]), turn)[0] + place
            _line(cover, [tuple(low), tuple(top)], 0.008 * unit)
        top = _turned(np.array([[0, -0.42 * unit]]), turn)[0] + place
        half = np.array([0.10 * unit, 0])
        _line(cover, [tuple(top - half), tuple(top + half)], 0.012 * unit)
        for root, bend, long in locks:
            start = _turned(np.array([[root * 0.22 * unit, 0.24 * unit]]), turn)[0] + place
            sway = 0.05 * unit * (bend + np.cos(t / 6 + bend))
            mid = start + np.array([0.4 * sway, (0.06 + 0.02 * long) * unit])
            end = start + np.array([sway, (0.13 + 0.05 * long) * unit])
            _line(cover, _curve(start, mid, end), 0.0015 * unit)
        pane = np.zeros_like(cover)
        lens = _turned(np.array([[0.32 * unit, -0.12 * unit]]), turn)[0] + place
        grip = _turned(np.array([[0.20 * unit, 0.05 * unit]]), turn)[0] + place
        _ellipse(pane, tuple(lens), (0.08 * unit, 0.08 * unit))
        edge = np.stack([np.cos(_RING), np.sin(_RING)], axis=1) * 0.08 * unit + lens
        _line(cover, edge, 0.014 * unit)
        _line(cover, [tuple(lens + 0.45 * (grip - lens)), tuple(grip)], 0.02 * unit)
        soft = cover.astype(np.float32) / 255
        soft = np.maximum(soft, 0.45 * pane.astype(np.float32) / 255)
        return soft, _moved(shade, x - unit * 0.5, 0)

    return pose


def _hairs(cover, centre, axes, around, length, bend, t) -> None:
    out = np.stack([np.cos(around), np.sin(around)], axis=1)
    side = np.stack([-out[:, 1], out[:, 0]], axis=1)
    root = centre + out * axes * 0.97
    sway = (bend + 0.25 * np.sin(t / 4 + 3 * around))[:, None] * length[:, None]
    middle = root + out * length[:, None] * 0.55 + side * sway * 0.3
    tip = root + out * length[:, None] + side * sway
    for points in zip(root, middle, tip, strict=True):
        _line(cover, _curve(*points), 1.6)


def _curve(start, middle, end) -> list[tuple[float, float]]:
    return [
        tuple((1 - s) ** 2 * start + 2 * s * (1 - s) * middle + s * s * end)
        for s in np.linspace(0, 1, 6)
    ]


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T


def _fixed(points) -> np.ndarray:
    return np.rint(np.asarray(points, float) * (1 << _SHIFT)).astype(np.int32)


def _ellipse(cover, centre, axes) -> None:
    ring = np.stack([np.cos(_RING), np.sin(_RING)], axis=1) * axes + centre
    cv2.fillPoly(cover, [_fixed(ring)], 255, cv2.LINE_AA, _SHIFT)


def _polygon(cover, corners) -> None:
    cv2.fillPoly(cover, [_fixed(corners)], 255, cv2.LINE_AA, _SHIFT)


def _line(cover, points, width: float) -> None:
    cv2.polylines(cover, [_fixed(points)], False, 255, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def _photo(name: str, width: int, height: int) -> np.ndarray:
    """A photograph at the drawn size, mirrored at its edges, float32 RGB in 0..1."""
    picture = getattr(data, name)()[..., :3].astype(np.float32) / 255
    scale = _DRAWN * height / picture.shape[0]
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    spare = max(0, _DRAWN * width - picture.shape[1])
    both = ((0, 0), (spare // 2, spare - spare // 2), (0, 0))
    return np.pad(picture, both, "symmetric")[:, : _DRAWN * width].copy()


def _moved(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    height, width = picture.shape[:2]
    matrix = np.float32([[1, 0, x - width / 2 + height * 0.5], [0, 1, y]])
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def _behind(name: str, clips: Path | None, count: int, size: tuple[int, int]) -> np.ndarray:
    place, photo = BACKGROUNDS[name]
    if clips is None:
        return _panned(photo, count, size)
    path = clips / place
    seen = read_frames(path, count) if path.is_dir() else read_video(path, count)
    fro = itertools.cycle([*seen, *seen[-2:0:-1]])
    return np.stack([_covering(next(fro), size) for _ in range(count)])


def _panned(photo: str, count: int, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    picture = _covering(getattr(data, photo)()[..., :3], (round(width * 1.4), round(height * 1.4)))
    return np.stack([picture[t : t + height, 2 * t : 2 * t + width] for t in range(count)])


def _covering(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The image scaled to cover a size, and cut to it in the middle."""
    height, width = image.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    scaled = (max(size[0], round(width * scale)), max(size[1], round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(image, scaled, interpolation=how)
    x, y = (scaled[0] - size[0]) // 2, (scaled[1] - size[1]) // 2
    return np.ascontiguousarray(large[y : y + size[1], x : x + size[0]])
