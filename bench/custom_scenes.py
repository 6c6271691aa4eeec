"""A kind of object that no network knows: a logo, pasted into real clips with blur, scale and light."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cleanplate.media import open_clip
from cleanplate.train import Example

LEARN = ("track/camel", "track/libby", "track/dog", "track/blackswan", "track/car-shadow")
UNSEEN = (
    "track/bmx-trees",
    "track/dance-twirl",
    "track/breakdance",
    "people/juggle.mp4",
    "plain/palms_pan.mp4",
    "people/desk_two_men.mp4",
)
EACH = 2  # examples of each clip that is learned from: ten in all
TESTED = 5  # frames of each unseen clip
_SIDE = 256  # pixels of the drawing
_SIZES = (0.07, 0.22)  # the logo's side, of the frame's longest


def draw_logo() -> tuple[np.ndarray, np.ndarray]:
    """A ring with a bolt in it, in three colours: RGB uint8 and where it is, bool, (256, 256)."""
    colour = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    middle = (_SIDE // 2, _SIDE // 2)
    for radius, paint in ((118, (24, 60, 140)), (100, (240, 236, 224))):
        cv2.circle(colour, middle, radius, paint, -1, cv2.LINE_AA)
    cv2.circle(mask, middle, 118, 1, -1)
    bolt = np.array(
        [[140, 44], [78, 140], [120, 140], [100, 214], [180, 108], [134, 108], [156, 44]]
    )
    cv2.fillPoly(colour, [bolt], (226, 92, 22), cv2.LINE_AA)
    for angle in range(0, 360, 45):
        tip = np.deg2rad(angle)
        place = (round(128 + 109 * np.cos(tip)), round(128 + 109 * np.sin(tip)))
        cv2.circle(colour, place, 5, (250, 200, 40), -1, cv2.LINE_AA)
    wing = np.array([[8, 168], [248, 168], [228, 200], [28, 200]])
    cv2.fillPoly(colour, [wing], (24, 60, 140), cv2.LINE_AA)
    cv2.fillPoly(mask, [wing], 1)
    cv2.putText(colour, "ORBIS", (52, 195), cv2.FONT_HERSHEY_DUPLEX, 1.0, (240, 236, 224), 2)
    return colour, mask > 0


def paste(frame: np.ndarray, random: np.random.Generator, source: str, group: str) -> Example:
    """A frame, RGB uint8, with the logo somewhere on it: turned, tilted, sized, lit and blurred, the
    frame's own noise over it; with the true mask."""
    colour, mask = draw_logo()
    height, width = frame.shape[:2]
    side = max(height, width) * float(np.exp(random.uniform(*np.log(_SIZES))))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    angle = np.deg2rad(random.uniform(-25, 25))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ turn.T * [random.uniform(0.75, 1), 1]
    corners += random.normal(0, 0.03 * side, (4, 2))
    margin = 0.6 * side
    corners += [random.uniform(margin, width - margin), random.uniform(margin, height - margin)]
    drawn = np.float32([[0, 0], [_SIDE, 0], [_SIDE, _SIDE], [0, _SIDE]])
    matrix = cv2.getPerspectiveTransform(drawn, corners.astype(np.float32))
    smooth = max(0.4 * _SIDE / side, 0.3)
    colour = cv2.GaussianBlur(colour, (0, 0), smooth)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), smooth)
    logo = cv2.warpPerspective(colour, matrix, (width, height)).astype(np.float32)
    alpha = cv2.warpPerspective(soft, matrix, (width, height))[..., None]
    blur = random.uniform(0.3, 2.2)
    alpha = cv2.GaussianBlur(alpha, (0, 0), blur)[..., None]
    logo = cv2.GaussianBlur(logo, (0, 0), blur) * random.uniform(0.55, 1.25)
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None]
    shade = 1 + random.normal(0, 0.15) * x + random.normal(0, 0.15) * y
    logo = logo * shade[..., None] * np.exp(random.normal(0, 0.06, 3))
    logo += random.normal(0, 3, logo.shape)
    seen = np.clip(frame * (1 - alpha) + logo * alpha, 0, 255).astype(np.uint8)
    return Example.of(seen, alpha[..., 0] > 0.5, source, group)


def logo_set(clips: Path, names: tuple[str, ...], each: int, seed: int) -> list[Example]:
    """Examples from frames spread over some clips."""
    random = np.random.default_rng(seed)
    found = []
    for name in names:
        path = clips / name
        with open_clip(path / "frames" if path.is_dir() else path) as reader:
            for index in np.linspace(3, reader.count() - 4, each).astype(int).tolist():
                image = reader.read_frame(index).image
                found.append(paste(image, random, f"{path.stem} frame {index}", path.stem))
    return found
