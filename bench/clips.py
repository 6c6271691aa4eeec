"""The clips that the fill is scored on, each with its truth.

Pairs: the masks of one clip laid over the frames of another, at 432x240, so that the frames are
their own truth. Truths: clips whose true background is known, at their own size.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from cleanplate.errors import MediaError

DEFAULT_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "clips"
PAIR_SIZE = (432, 240)  # pixels, width and height
PAIR_FRAMES = 40
PAIR_STEP = 3  # clip i takes the masks of clip i + 3
PAIR_GROW = 1  # pixels, that is 3x3
TRUTH_GROW = 4  # pixels; below that the soft edge of the removed object is still seen
TRUTHS = ("comp_goat_dancer", "road_car")
FIXED = {  # one mask for all frames, and the clip is its own truth
    "palms_pan+logo": ("plain/palms_pan.mp4", "static_masks/mask_logo.png"),
    "palms_pan+square": ("plain/palms_pan.mp4", "static_masks/mask_square.png"),
    "desk_two_men+logo": ("people/desk_two_men.mp4", "static_masks/mask_logo.png"),
    "desk_two_men+square": ("people/desk_two_men.mp4", "static_masks/mask_square.png"),
}


@dataclass(frozen=True)
class Case:
    """One clip to fill: `given` has black holes, `truth` is what should come out."""

    name: str
    kind: str  # "pair", "truth" or "fixed"
    truth: list[np.ndarray]
    given: list[np.ndarray]
    holes: list[np.ndarray]

    def digest(self) -> str:
        """A hash of everything a method sees, and of the truth it is held against."""
        digest = hashlib.sha256()
        for image in (*self.given, *self.holes, *self.truth):
            digest.update(repr(image.shape).encode())
            digest.update(np.ascontiguousarray(image))
        return digest.hexdigest()


def case_names(clips: Path) -> list[str]:
    """Every case in the order they are reported: pairs alphabetically, truths, fixed masks."""
    names = track_clips(clips)
    masks = names[PAIR_STEP % len(names) :] + names[: PAIR_STEP % len(names)]
    pairs = [f"{a}+{b}" for a, b in zip(names, masks, strict=True)]
    return [*pairs, *TRUTHS, *FIXED]


def track_clips(clips: Path) -> list[str]:
    """The names of the clips whose own object is masked, alphabetically."""
    folder = clips / "track"
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    if not names:
        raise MediaError(f"No clips under {folder}. Say where they are with --clips DIR.")
    return names


def load_case(clips: Path, name: str, frames: int = PAIR_FRAMES) -> Case:
    """Reads a case; `frames` caps a pair at that many and a truth clip at the whole of itself."""
    if name in TRUTHS:
        return _load_truth(clips / "truth" / name, None if frames >= PAIR_FRAMES else frames)
    if name in FIXED:
        video, mask = FIXED[name]
        truth, holes = load_fixed(clips / video, clips / mask, frames)
        given = [black_out(f, h) for f, h in zip(truth, holes, strict=True)]
        return Case(name, "fixed", truth, given, holes)
    picture, mask = name.split("+")
    return _load_pair(clips / "track" / picture, clips / "track" / mask, name, frames)


def is_pair(name: str) -> bool:
    """Whether the case is one of the eight that the protocol averages."""
    return name not in TRUTHS and name not in FIXED


def load_fixed(video: Path, mask: Path, frames: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The first frames of a video, and one picture's mask stretched over each of them."""
    pictures = read_video(video, frames)
    drawn = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
    if drawn is None:
        raise MediaError(f"{mask} is not a picture. Say where the clips are with --clips DIR.")
    height, width = pictures[0].shape[:2]
    hole = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_NEAREST) > 127
    return pictures, [hole] * len(pictures)


def read_video(video: Path, limit: int) -> list[np.ndarray]:
    """The first frames of a video, RGB."""
    if not video.is_file():
        raise MediaError(f"{video} is not there. Say where the clips are with --clips DIR.")
    with av.open(str(video)) as container:
        decoded = itertools.islice(container.decode(video=0), limit)
        return [frame.to_ndarray(format="rgb24") for frame in decoded]


def grow(hole: np.ndarray, pixels: int) -> np.ndarray:
    """The hole dilated by a square of `2 * pixels + 1`."""
    size = 2 * pixels + 1
    return cv2.dilate(hole.astype(np.uint8), np.ones((size, size), np.uint8)) > 0


def black_out(frame: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The frame with nothing of the truth left in its hole."""
    given = frame.copy()
    given[hole] = 0
    return given


def read_frames(folder: Path, limit: int | None = None) -> list[np.ndarray]:
    """The pictures of a folder in the order of their names, RGB."""
    return [cv2.cvtColor(i, cv2.COLOR_BGR2RGB) for i in _read(folder, cv2.IMREAD_COLOR, limit)]


def read_masks(folder: Path, limit: int | None = None) -> list[np.ndarray]:
    """The masks of a folder in the order of their names, true where white."""
    return [image > 127 for image in _read(folder, cv2.IMREAD_GRAYSCALE, limit)]


def _read(folder: Path, mode: int, limit: int | None) -> list[np.ndarray]:
    files = sorted(p for p in folder.glob("*") if p.suffix in {".jpg", ".png"})[:limit]
    if not files:
        raise MediaError(f"{folder} has no pictures. Say where the clips are with --clips DIR.")
    return [cv2.imread(str(file), mode) for file in files]


def _load_pair(picture: Path, mask: Path, name: str, frames: int) -> Case:
    truth = [
        cv2.resize(f, PAIR_SIZE, interpolation=cv2.INTER_AREA)
        for f in read_frames(picture / "frames", frames)
    ]
    holes = [
        grow(cv2.resize(m.astype(np.uint8), PAIR_SIZE, interpolation=cv2.INTER_NEAREST), PAIR_GROW)
        for m in read_masks(mask / "masks", frames)
    ]
    count = min(len(truth), len(holes))
    truth, holes = truth[:count], holes[:count]
    given = [black_out(f, h) for f, h in zip(truth, holes, strict=True)]
    return Case(name, "pair", truth, given, holes)


def _load_truth(folder: Path, frames: int | None) -> Case:
    seen = read_frames(folder / "frames", frames)
    holes = [grow(m, TRUTH_GROW) for m in read_masks(folder / "masks", frames)]
    given = [black_out(f, h) for f, h in zip(seen, holes, strict=True)]
    return Case(folder.name, "truth", read_frames(folder / "clean", frames), given, holes)
