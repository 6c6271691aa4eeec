"""`python -m bench strips`: remove a clip's own object and write pictures for judging by eye."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bench import clips, methods, sheets
from cleanplate.errors import MediaError, UsageError

GROW = 4  # pixels around the object's mask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=clips.DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument(
        "--clip", help="folder or video under the clips; without it, every clip of track/"
    )
    parser.add_argument("--mask", help="one PNG under the clips, for every frame of a video")
    parser.add_argument("--methods", default="ours", metavar="NAME,...")
    parser.add_argument("--quality", default="good")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--grow", type=int, default=GROW, help="pixels around the mask")
    parser.add_argument("--columns", type=int, default=6, help="moments in the strip")
    parser.add_argument("--save", type=Path, default=Path("out/strips"), metavar="DIR")


def main(options: argparse.Namespace) -> int:
    wanted = options.methods.split(",")
    for name in wanted:
        reason = methods.unavailable(name) if name in methods.METHODS else "no such method"
        if reason:
            raise UsageError(f"{name} cannot run: {reason}.")
    every = [f"track/{name}" for name in clips.track_clips(options.clips)]
    for clip in [options.clip] if options.clip else every:
        for path in write_strips(options, clip, wanted):
            print(path, flush=True)
    return 0


def write_strips(options: argparse.Namespace, clip: str, wanted: list[str]) -> list[Path]:
    """Fills one clip and writes its strip and its slice through time; the paths written."""
    frames, masks = read(options, clip)
    holes = [clips.grow(m, options.grow) for m in masks]
    given = [clips.black_out(f, h) for f, h in zip(frames, holes, strict=True)]
    pairs = zip(frames, holes, strict=True)
    rows = {"before": [sheets.outlined(f, h) for f, h in pairs]}
    for name in wanted:
        rows[methods.TITLES[name]] = methods.load(name, options.quality)(given, holes)
    stem = clip.replace("/", "-").removesuffix(".mp4")
    pictures = {
        options.save / f"{stem}.png": sheets.contact_sheet(rows, holes, options.columns),
        options.save / f"{stem}-xt.png": sheets.time_slice(rows, holes),
    }
    for path, picture in pictures.items():
        sheets.write_picture(path, picture)
    return list(pictures)


def read(options: argparse.Namespace, clip: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The frames and the masks of one clip, as many of one as of the other."""
    source = options.clips / clip
    if options.mask:
        return clips.load_fixed(source, options.clips / options.mask, options.frames)
    if not source.is_dir():
        raise MediaError(f"{source} is not a folder with masks. Name a mask with --mask.")
    frames = clips.read_frames(source / "frames", options.frames)
    masks = clips.read_masks(source / "masks", options.frames)
    count = min(len(frames), len(masks))
    return frames[:count], masks[:count]
