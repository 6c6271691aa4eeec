"""A sample shot made by code: a street corner, a ball that bounces through it, and the truth.

Everything is drawn here, so the true background behind the ball is known on every frame. The
camera pans and comes closer, the light drifts, the film has grain, and the ball has a soft shadow
and motion blur: what makes removal hard in real footage, in a small clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Linear = NDArray[np.float32]

RATE = Fraction(24)
"""Frames a second."""

_PLATE = (1120, 640)
"""Width and height of the drawn background, larger than what the camera sees of it."""

_GROUND = 430
"""Row of the plate at which the wall meets the pavement."""

_SHUTTER = (-0.25, -0.12, 0.0, 0.12, 0.25)
"""Moments within a frame's exposure, in frames: together they make the motion blur."""

_REMEMBERED = 128
"""Drawn frames that are kept, at 1.6 MB each."""


@dataclass(frozen=True)
class SampleFrame:
    """One frame: what the camera saw, what it would have seen without the ball (both RGB uint8
    (h, w, 3), with the same grain), and the ball with its shadow as bool (h, w)."""

    image: Image
    clean: Image
    mask: NDArray[np.bool_]


class Sample:
    """The shot: `frame_count` frames of `width` x `height` pixels. Any frame can be asked for."""

    def __init__(
        self, width: int = 640, height: int = 360, frame_count: int = 72, seed: int = 7
    ) -> None:
        self.width = width
        self.height = height
        self.frame_count = frame_count
        self._seed = seed
        self._drawn: dict[int, SampleFrame] = {}

    def __len__(self) -> int:
        return self.frame_count

    def __getitem__(self, index: int) -> SampleFrame:
        if not 0 <= index < self.frame_count:
            raise IndexError(index)
        if index not in self._drawn:
            while len(self._drawn) >= _REMEMBERED:
                del self._drawn[next(iter(self._drawn))]
            self._drawn[index] = self._draw(index)
        return self._drawn[index]

    def _draw(self, index: int) -> SampleFrame:
        camera = self._camera(index)
        size = (self.width, self.height)
        background = cv2.warpAffine(
            self._plate, camera, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        ball, ball_alpha, shadow = self._ball_in(index, camera)
        touched = (ball_alpha > 0.004) | (shadow > 0.008)
        seen = background * (1 - shadow[..., None])
        seen = seen * (1 - ball_alpha[..., None]) + ball
        seen = np.where(touched[..., None], seen, background)
        light = 1 + 0.03 * np.sin(index / 17)
        grain = self._grain(index)
        mask = cv2.dilate(touched.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return SampleFrame(_develop(seen * light, grain), _develop(background * light, grain), mask)

    def _progress(self, moment: float) -> float:
        return moment / max(self.frame_count - 1, 1)

    def _camera(self, moment: float) -> NDArray[np.float64]:
        """Plate to picture: a slow pan to the right while coming a little closer, hand-held."""
        t = self._progress(moment)
        zoom = self.height / 540 * (1 + 0.07 * t)
        sway = np.array([1.6 * np.sin(moment * 0.31), 1.1 * np.sin(moment * 0.43 + 1)])
        centre = np.array([500 + 120 * t, 345 - 12 * t]) + sway
        shift = np.array([self.width, self.height]) / 2 - zoom * centre
        return np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])

    def _ball_in(self, index: int, camera: NDArray) -> tuple[Linear, Linear, Linear]:
        """The ball's light (premultiplied), its alpha and its shadow, averaged over the shutter."""
        shape = (self.height, self.width)
        light, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
        shadow = np.zeros(shape, np.float32)
        for offset in _SHUTTER:
            place = self._ball_at(index + offset)
            one_light, one_alpha = _draw_ball(shape, camera, place)
            light += one_light / len(_SHUTTER)
            alpha += one_alpha / len(_SHUTTER)
            shadow += _draw_shadow(shape, camera, place) / len(_SHUTTER)
        return light, alpha, shadow

    def _ball_at(self, moment: float) -> _Ball:
        t = self._progress(moment)
        bounce = abs(np.sin(np.pi * 2.6 * t + 0.5))
        return _Ball(x=235 + 640 * t, height=135 * bounce, turn=9.5 * t)

    @cached_property
    def _plate(self) -> Linear:
        return _draw_street(np.random.default_rng(self._seed))

    def _grain(self, index: int) -> Linear:
        noise = np.random.default_rng((self._seed, index)).standard_normal(
            (self.height, self.width, 3), dtype=np.float32
        )
        # Film grain is a little larger than a pixel, and mostly of brightness.
        noise = cv2.GaussianBlur(noise, (3, 3), 0.55)
        return 1.9 * (0.8 * noise.mean(axis=2, keepdims=True) * 1.7 + 0.35 * noise)


@dataclass(frozen=True)
class _Ball:
    """Where the ball is on the plate: `x`, and `height` above the pavement, in plate pixels."""

    x: float
    height: float
    turn: float

    RADIUS = 64.0
    REST_Y = 520.0

    @property
    def centre(self) -> NDArray[np.float64]:
        return np.array([self.x, self.REST_Y - self.RADIUS - self.height])


_STRIPES = np.array([[214, 52, 44], [240, 236, 226], [36, 92, 178], [244, 190, 50]], np.float32)


def _draw_ball(shape: tuple[int, int], camera: NDArray, ball: _Ball) -> tuple[Linear, Linear]:
    """A striped beach ball under a lamp from the upper left; premultiplied light and alpha."""
    zoom = camera[0, 0]
    x, y = camera[:, :2] @ ball.centre + camera[:, 2]
    radius = ball.RADIUS * zoom
    window = _around(shape, (x, y), radius + 2, radius + 2)
    rows, columns = np.mgrid[window].astype(np.float32)
    u, v = (columns - x) / radius, (rows - y) / radius
    distance = np.sqrt(u * u + v * v)
    alpha = np.clip((1 - distance) * radius + 0.5, 0, 1).astype(np.float32)
    depth = np.sqrt(np.maximum(1 - distance * distance, 0))
    # Turn about an axis that leans towards the camera, so that the stripes are seen to roll.
    cos, sin = np.cos(ball.turn), np.sin(ball.turn)
    across, up = u * cos + v * sin, -u * sin + v * cos
    longitude = np.arctan2(across, 0.85 * depth + 0.5 * up)
    segment = np.floor((longitude / np.pi + 1) * 4).astype(int) % len(_STRIPES)
    colour = _STRIPES[segment]
    facing = np.clip(-0.45 * u - 0.62 * v + 0.64 * depth, 0, 1)[..., None]
    shine = np.clip(-0.33 * u - 0.5 * v + 0.8 * depth, 0, 1)[..., None] ** 40
    light = colour * (0.30 + 0.78 * facing) + 120 * shine
    whole_light, whole_alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    whole_light[window] = light * alpha[..., None]
    whole_alpha[window] = alpha
    return whole_light, whole_alpha


def _draw_shadow(shape: tuple[int, int], camera: NDArray, ball: _Ball) -> Linear:
    """How much light the ball takes from the pavement under it: wider and fainter from higher."""
    zoom = camera[0, 0]
    x, y = camera[:, :2] @ np.array([ball.x + 0.25 * ball.height, ball.REST_Y - 4]) + camera[:, 2]
    spread = 1 + ball.height / 160
    across, down = ball.RADIUS * zoom * 1.05 * spread, ball.RADIUS * zoom * 0.26 * spread
    window = _around(shape, (x, y), across + 1, down + 1)
    rows, columns = np.mgrid[window].astype(np.float32)
    u, v = (columns - x) / across, (rows - y) / down
    soft = np.clip(1 - (u * u + v * v), 0, 1) ** 1.3
    whole = np.zeros(shape, np.float32)
    whole[window] = 0.55 / spread * soft
    return whole


def _around(
    shape: tuple[int, int], centre: tuple[float, float], across: float, down: float
) -> tuple[slice, slice]:
    """The part of a picture of `shape` that lies so far from a place, x and y, at most."""
    (height, width), (x, y) = shape, centre
    top, left = max(0, int(y - down)), max(0, int(x - across))
    rows = slice(min(top, height), max(0, min(height, int(y + down) + 2)))
    return rows, slice(min(left, width), max(0, min(width, int(x + across) + 2)))


def _develop(light: Linear, grain: Linear) -> Image:
    return np.clip(np.rint(light + grain), 0, 255).astype(np.uint8)


def _draw_street(rng: np.random.Generator) -> Linear:
    """The background: a brick wall with a window, a door and a poster, above a paved floor."""
    width, height = _PLATE
    scale = 2  # drawn twice as large and averaged down, for smooth edges
    canvas = np.empty((height * scale, width * scale, 3), np.float32)
    horizon = _GROUND * scale
    canvas[:horizon] = _bricks((horizon, width * scale), rng)
    canvas[horizon:] = _paving((height * scale - horizon, width * scale), rng)
    _add_plinth(canvas, horizon, rng)
    _add_window(canvas, (130 * scale, 90 * scale), (190 * scale, 220 * scale), rng)
    _add_door(canvas, (650 * scale, 130 * scale), (150 * scale, 292 * scale), rng)
    _add_poster(canvas, (405 * scale, 120 * scale), (150 * scale, 206 * scale), rng)
    _add_window(canvas, (890 * scale, 90 * scale), (170 * scale, 220 * scale), rng)
    _add_ivy(canvas, (360 * scale, 30 * scale), rng)
    shade = 0.82 + 0.36 * _cloud(canvas.shape[:2], rng, coarsest=4, finest=16)
    fall_off = np.linspace(1.08, 0.86, canvas.shape[1], dtype=np.float32)
    canvas *= (shade * fall_off)[..., None]
    return cv2.resize(np.clip(canvas, 0, 250), _PLATE, interpolation=cv2.INTER_AREA)


def _cloud(shape: tuple[int, int], rng: np.random.Generator, coarsest: int, finest: int) -> Linear:
    """Fractal noise in 0..1: octaves from `coarsest` to `finest` cells across the width."""
    height, width = shape
    total, weight, cells, gain = np.zeros(shape, np.float32), 0.0, coarsest, 1.0
    while cells <= finest:
        rows = max(2, round(cells * height / width))
        grid = rng.random((rows, cells), dtype=np.float32)
        total += gain * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        weight, gain, cells = weight + gain, gain * 0.6, cells * 2
    return np.clip(total / weight, 0, 1)


def _bricks(shape: tuple[int, int], rng: np.random.Generator) -> Linear:
    brick_height, brick_width, mortar = 34, 92, 5
    rows, columns = np.indices(shape)
    course = rows // brick_height
    shifted = columns + (course % 2) * (brick_width // 2)
    number = course * 977 + shifted // brick_width
    tone = rng.random(number.max() + 1, dtype=np.float32)[number]
    hue = rng.random(number.max() + 1, dtype=np.float32)[number]
    red = np.stack([128 + 52 * tone, 66 + 36 * tone + 14 * hue, 52 + 24 * tone + 22 * hue], -1)
    rough = _cloud(shape, rng, 64, 1024)
    red *= (0.72 + 0.56 * rough)[..., None]
    inside_y, inside_x = rows % brick_height, shifted % brick_width
    joint = ((inside_y < mortar) | (inside_x < mortar)).astype(np.float32)
    joint = cv2.GaussianBlur(joint, (0, 0), 1.1)[..., None]
    grey = np.array([150, 143, 132], np.float32) * (0.75 + 0.5 * rough)[..., None]
    lit = 1 + 0.22 * ((inside_y < mortar + 4) & (inside_y >= mortar))[..., None]
    return (red * lit * (1 - joint) + grey * joint).astype(np.float32)


def _paving(shape: tuple[int, int], rng: np.random.Generator) -> Linear:
    """Stone slabs in perspective."""
    height, width = shape
    flat = 1600
    rows, columns = np.indices((flat, flat))
    slab = 100
    number = (rows // slab) * 97 + (columns + (rows // slab % 2) * 50) // slab
    tone = rng.random(number.max() + 1, dtype=np.float32)[number]
    rough = _cloud((flat, flat), rng, 32, 800)
    stone = (108 + 56 * tone)[..., None] * np.array([1.0, 0.97, 0.92], np.float32)
    stone = stone * (0.72 + 0.56 * rough)[..., None]
    seam = ((rows % slab < 4) | ((columns + (rows // slab % 2) * 50) % slab < 4)).astype(np.float32)
    stone = stone * (1 - 0.6 * cv2.GaussianBlur(seam, (0, 0), 1.2))[..., None]
    corners = np.float32([[250, 0], [1350, 0], [1100, flat], [500, flat]])
    onto = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    view = cv2.getPerspectiveTransform(corners, onto)
    # Twice the size and down again: the far slabs are finer than the pixels that show them.
    twice = np.diag([1.0, 2.0, 1.0]) @ view
    large = cv2.warpPerspective(
        stone.astype(np.float32), twice, (width, height * 2), borderMode=cv2.BORDER_REFLECT
    )
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)


def _add_plinth(canvas: Linear, horizon: int, rng: np.random.Generator) -> None:
    """A course of stone at the wall's foot, and the dark line where it meets the pavement."""
    tall = 36
    rough = _cloud((tall, canvas.shape[1]), rng, 32, 512)[..., None]
    stone = np.array([126, 122, 114], np.float32) * (0.7 + 0.6 * rough)
    stone[:4] *= 1.25
    stone[:, ::260] *= 0.6
    stone[:, 1::260] *= 0.7
    canvas[horizon - tall : horizon] = stone
    below = np.linspace(0.55, 1.0, 60, dtype=np.float32)[:, None, None]
    canvas[horizon : horizon + 60] *= below


def _panel(canvas: Linear, corner: tuple[int, int], size: tuple[int, int], frame: int) -> Linear:
    """A view of the canvas at (x, y), after drawing a shadowed frame around it."""
    (x, y), (width, height) = corner, size
    around = canvas[y - frame : y + height + frame, x - frame : x + width + frame]
    around[:] = np.array([92, 84, 74], np.float32)
    around[:frame] *= 1.3
    around[-frame:] *= 0.8
    below = canvas[y + height + frame : y + height + frame + 16, x - frame : x + width + frame]
    below *= np.linspace(0.6, 1, len(below), dtype=np.float32)[:, None, None]
    return canvas[y : y + height, x : x + width]


def _add_window(
    canvas: Linear, corner: tuple[int, int], size: tuple[int, int], rng: np.random.Generator
) -> None:
    glass = _panel(canvas, corner, size, frame=16)
    height, width = glass.shape[:2]
    sky = np.linspace(1, 0.35, height, dtype=np.float32)[:, None, None]
    clouds = _cloud((height, width), rng, 3, 24)[..., None]
    glass[:] = np.array([72, 104, 128], np.float32) * sky + 90 * clouds * sky
    for column in (width // 2,):
        glass[:, column - 6 : column + 6] = (206, 200, 188)
    for row in (height // 3, 2 * height // 3):
        glass[row - 5 : row + 5] = (206, 200, 188)


def _add_door(
    canvas: Linear, corner: tuple[int, int], size: tuple[int, int], rng: np.random.Generator
) -> None:
    door = _panel(canvas, corner, size, frame=18)
    height, width = door.shape[:2]
    boards = 6
    tone = 0.85 + 0.3 * rng.random(boards, dtype=np.float32)
    index = np.arange(width) * boards // width
    grain = cv2.resize(rng.random((12, width // 2), dtype=np.float32), (width, height))
    door[:] = np.array([44, 96, 88], np.float32) * tone[index][None, :, None]
    door *= (0.8 + 0.4 * grain)[..., None]
    for board in range(1, boards):
        at = board * width // boards
        door[:, at - 2 : at + 2] *= 0.45
    cv2.circle(door, (width - 34, height // 2), 13, (196, 168, 92), -1, cv2.LINE_AA)
    cv2.circle(door, (width - 37, height // 2 - 3), 5, (244, 230, 170), -1, cv2.LINE_AA)


def _add_poster(
    canvas: Linear, corner: tuple[int, int], size: tuple[int, int], rng: np.random.Generator
) -> None:
    poster = _panel(canvas, corner, size, frame=5)
    height, width = poster.shape[:2]
    sheet = np.full((height, width, 3), (234, 222, 194), np.uint8)  # text needs 8 bits
    sun = (width // 2, height * 2 // 5)
    for ring, colour in enumerate([(222, 96, 54), (240, 158, 64), (248, 206, 104)]):
        cv2.circle(sheet, sun, 104 - 32 * ring, colour, -1, cv2.LINE_AA)
    hills = (height * 0.52 + 24 * np.sin(np.arange(width) / 38)).astype(int)
    for column, top in enumerate(hills):
        sheet[top : int(height * 0.66), column] = (46, 92, 96)
    for row, text, size_ in ((0.78, "OPEN AIR", 1.55), (0.90, "CINEMA", 1.75)):
        (text_width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size_, 3)
        at = ((width - text_width) // 2, int(height * row))
        cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_DUPLEX, size_, (52, 46, 60), 3, cv2.LINE_AA)
    poster[:] = sheet
    poster *= (0.9 + 0.2 * _cloud((height, width), rng, 4, 64))[..., None]


def _add_ivy(canvas: Linear, corner: tuple[int, int], rng: np.random.Generator) -> None:
    """Leaves hanging from the top of the wall: fine detail, and many greens."""
    x, _ = corner
    for _ in range(2600):
        along = rng.normal(0, 90)
        hang = abs(rng.normal(0, 1)) * (210 - 0.9 * abs(along))
        centre = (int(x + along * 1.7), int(hang))
        if hang < 0:
            continue
        shade = rng.uniform(0.45, 1.15)
        colour = (shade * rng.uniform(52, 92), shade * rng.uniform(112, 142), shade * 50)
        axes = (int(rng.integers(6, 13)), int(rng.integers(4, 8)))
        cv2.ellipse(
            canvas, centre, axes, float(rng.uniform(0, 360)), 0, 360, colour, -1, cv2.LINE_AA
        )
