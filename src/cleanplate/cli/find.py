"""``cleanplate find``: what is in a frame, by name, each object with its box and mask."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.fetching import fetching
from cleanplate.cli.options import ClipArgument, ClipOption, OverwriteOption, the_clip

if TYPE_CHECKING:
    import numpy as np

    from cleanplate.segment.find import Found

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_PICTURES = (".jpg", ".jpeg", ".png")

_EXAMPLES = """
Examples:

  cleanplate find clip.mp4

  cleanplate find clip.mp4 --frame 20 --kind people,car --picture found.jpg

  cleanplate find photo.jpg --kind anything --json
"""


@app.command(epilog=_EXAMPLES)
def find(
    clip: ClipArgument = None,
    input_: ClipOption = None,
    frame: Annotated[int, typer.Option(min=0, help="Which frame to look at, from 0.")] = 0,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            "-k",
            metavar="NAMES",
            show_default="all kinds",
            help="What to look for, comma separated: person, car, animals, vehicles... or "
            "anything, for what stands out.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, show_default="0.35, or 0.3 with --kind", help="The least score to report."
        ),
    ] = None,
    fine: Annotated[
        bool, typer.Option("--fine", help="Look again at each small object, for finer edges.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="Draw what was found into a JPEG or PNG."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the objects as JSON, masks as COCO run lengths.")
    ] = False,
) -> None:
    """Say what is in a frame: objects by kind, with boxes, masks and scores."""
    source = the_clip(clip, input_)
    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{picture}: pictures are written as .jpg or .png")
    from cleanplate.engine.outputs import refuse_existing
    from cleanplate.segment.find import Finder

    if picture is not None and not overwrite:
        refuse_existing(picture)
    names = [name.strip() for item in kind for name in item.split(",")] if kind else None
    image = read_frame(source, frame)
    with fetching() as watch:
        found = Finder(watch=watch).find(image, names, threshold=threshold, fine=fine)
    if picture is not None:
        write_picture(picture, image, found)
    print(_as_json(source, frame, image, found) if json else describe(found))


def read_frame(clip: Path, index: int) -> np.ndarray:
    """Frame `index` of a clip, RGB (h, w, 3); a usage error when the clip ends before it."""
    from cleanplate.errors import UsageError
    from cleanplate.media import open_clip

    with open_clip(clip, slice(index, index + 1)) as reader:
        for frame in reader:
            return frame.image
    with open_clip(clip) as reader:
        last = reader.count() - 1
    raise UsageError(f"There is no frame {index}; they are numbered 0 to {last}.")


def describe(found: list[Found]) -> str:
    """The objects, one a line, for a person."""
    if not found:
        return "nothing was found; a lower --threshold or --kind anything may find more"
    lines = []
    for item in found:
        x0, y0, x1, y1 = (round(value) for value in item.box)
        lines.append(
            f"{item.number:>3}  {item.kind:<14} {item.score:.2f}  box {x0},{y0},{x1 - x0},{y1 - y0}"
            f"  mask {int(item.mask.sum())} px"
        )
    return "\n".join(lines)


def write_picture(path: Path, image: np.ndarray, found: list[Found]) -> None:
    """Write the picture of what was found, as JPEG or PNG by its name."""
    import cv2

    from cleanplate.atomic import write_whole
    from cleanplate.segment.draw import picture

    _, coded = cv2.imencode(path.suffix, picture(image, found)[..., ::-1])
    write_whole(path, coded.tobytes())


def _as_json(clip: Path, frame: int, image: np.ndarray, found: list[Found]) -> str:
    from cleanplate.segment import rle

    objects = []
    for item in found:
        x0, y0, x1, y1 = (round(value, 1) for value in item.box)
        objects.append(
            {
                "number": item.number,
                "kind": item.kind,
                "score": round(item.score, 3),
                "box": [x0, y0, round(x1 - x0, 1), round(y1 - y0, 1)],
                "area": int(item.mask.sum()),
                "mask": rle.encode(item.mask),
            }
        )
    height, width = image.shape[:2]
    facts = {"clip": str(clip), "frame": frame, "width": width, "height": height}
    return json_text.dumps({**facts, "objects": objects})
