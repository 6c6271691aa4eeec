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
    parser.add_argument("--clip", required=True, help="under the clips: a folder or a video")
    parser.add_argument("--mask", help="one PNG under the clips, for every frame of a video")
    parser.add_argument("--methods", default="ours", metavar="NAME,...")
    parser.add_argument("--quality", default="good")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--grow", type=int, default=GROW, help="pixels around the mask")
    parser.add_argument("--columns", type=int, default=6, help="moments in the strip")
    parser.add_argument("--save", type=Path, default=Path("out/strips"), metavar="DIR")


def main(options: argparse.Namespace) -> int:
    frames, masks = read(options)
    holes = [clips.grow(m, options.grow) for m in masks]
    given = [clips.black_out(f, h) for f, h in zip(frames, holes, strict=True)]
    marked = [sheets.outlined(f, h) for f, h in zip(frames, holes, strict=True)]
    rows = {"before": marked}
    for name in options.methods.split(","):
        reason = methods.unavailable(name) if name in methods.METHODS else "no such method"
        if reason:
            raise UsageError(f"{name} cannot run: {reason}.")
        rows[methods.TITLES[name]] = methods.load(name, options.quality)(given, holes)
    stem = options.clip.replace("/", "-").removesuffix(".mp4")
    for suffix, picture in (
        ("", sheets.contact_sheet(rows, holes, options.columns)),
        ("-xt", sheets.time_slice(rows, holes)),
    ):
        path = options.save / f"{stem}{suffix}.png"
        sheets.write_picture(path, picture)
        print(path)
    return 0


def read(options: argparse.Namespace) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The frames and the masks that the options name, as many of one as of the other."""
    source = options.clips / options.clip
    if options.mask:
        return clips.load_fixed(source, options.clips / options.mask, options.frames)
    if not source.is_dir():
        raise MediaError(f"{source} is not a folder with masks. Name a mask with --mask.")
    frames = clips.read_frames(source / "frames", options.frames)
    masks = clips.read_masks(source / "masks", options.frames)
    count = min(len(frames), len(masks))
    return frames[:count], masks[:count]
