"""The options that say what is meant: by name, box, click or mask; shared by several commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from cleanplate.engine.pointers import Pointers

_Find = Annotated[
    list[str] | None,
    typer.Option(
        "--find",
        metavar="NAMES",
        show_default=False,
        help="Kinds to look for, comma separated: person, car, animals... or anything, for what "
        "stands out, or a network of your own (cleanplate train). Every instance is an object.",
    ),
]
_FindAt = Annotated[
    int | None,
    typer.Option(
        "--find-at",
        min=0,
        metavar="FRAME",
        show_default=False,
        help="The frame to look for them on, where the first that shows any will not do.",
    ),
]
_Box = Annotated[
    list[str] | None,
    typer.Option(
        "--box",
        metavar="[OBJECT@]FRAME:X,Y,W,H",
        show_default=False,
        help="A box around an object: left, top, width and height in pixels. Another box on the "
        "same frame is another object.",
    ),
]
_Point = Annotated[
    list[str] | None,
    typer.Option(
        "--point",
        metavar="[OBJECT@]FRAME:X,Y",
        show_default=False,
        help="A click on an object, of number 1 unless said.",
    ),
]
_NotPoint = Annotated[
    list[str] | None,
    typer.Option(
        "--not-point",
        metavar="[OBJECT@]FRAME:X,Y",
        show_default=False,
        help="A click on what is not the object.",
    ),
]
_KeyMask = Annotated[
    list[str] | None,
    typer.Option(
        "--keymask",
        metavar="[OBJECT@]FRAME:PNG",
        show_default=False,
        help="A mask for one frame, right in every pixel: white on black, or object ids in "
        "DAVIS's palette. Several correct the tracking, both ways.",
    ),
]
_Prompter = Annotated[
    str | None,
    typer.Option(
        "--prompter",
        metavar="NAME",
        show_default=False,
        help="Make the masks of boxes and points with this network of your own.",
    ),
]


_OPTIONS = {
    "find": _Find,
    "find_at": _FindAt,
    "box": _Box,
    "point": _Point,
    "not_point": _NotPoint,
    "keymask": _KeyMask,
    "prompter": _Prompter,
}


def pointing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all the options that point, in the place of its parameter `pointers`; it is called
    with what they say, as `Pointers`."""

    @wraps(command)
    def pointed(**given: Any) -> None:
        options = {name: given.pop(name) for name in _OPTIONS}
        command(pointers=_pointers(**options), **given)

    # Typer makes its options of what it is told of a command's parameters.
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in _OPTIONS.items()
    ]
    pointed.__annotations__ = {
        name: kind for name, kind in command.__annotations__.items() if name != "pointers"
    }
    kinds = get_type_hints(pointed, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command).parameters.values():
        parameters += (
            options if one.name == "pointers" else [one.replace(annotation=kinds[one.name])]
        )
    pointed.__signature__ = inspect.Signature(parameters)
    pointed.__annotations__ = {one.name: one.annotation for one in parameters}
    return pointed


def _pointers(
    find: list[str] | None,
    find_at: int | None,
    box: list[str] | None,
    point: list[str] | None,
    not_point: list[str] | None,
    keymask: list[str] | None,
    prompter: str | None,
) -> Pointers:
    """What these options point at; a usage error for what cannot be read."""
    from cleanplate.engine.pointers import Box, KeyMask, Pointers, Spot

    boxes = [Box(name, frame, *numbers) for name, frame, numbers in _read(box, 4, "--box", 0)]
    spots = [Spot(name, frame, *xy) for name, frame, xy in _read(point, 2, "--point", 1)]
    off = [
        Spot(name, frame, *xy, on=False)
        for name, frame, xy in _read(not_point, 2, "--not-point", 1)
    ]
    masks = [KeyMask(*_split(text, "--keymask", 1)[:2], _file(text)) for text in keymask or ()]
    names = [name.strip() for item in find or () for name in item.split(",") if name.strip()]
    return Pointers(tuple(names), find_at, tuple(boxes), (*spots, *off), tuple(masks), prompter)


def _read(texts: list[str] | None, count: int, option: str, unnamed: int):
    shape = "x,y,width,height" if count == 4 else "x,y"
    for text in texts or ():
        name, frame, rest = _split(text, option, unnamed)
        try:
            numbers = [float(number) for number in rest.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != count or (count == 4 and min(numbers[2:]) <= 0):
            raise typer.BadParameter(
                f"{text!r}: write frame:{shape}, for example 0:120,40{',200,300' * (count == 4)}",
                param_hint=option,
            )
        yield name, frame, numbers


def _split(text: str, option: str, unnamed: int) -> tuple[int, int, str]:
    """Object, frame and the rest of ``[object@]frame:rest``."""
    match = re.fullmatch(r"\s*(?:(\d+)@)?(\d+):(.+)", text)
    if match is None or match[1] == "0":
        raise typer.BadParameter(
            f"{text!r}: begin with the frame and a colon, as in 0:..., or with the object's "
            "number, from 1, and the frame, as in 2@0:...",
            param_hint=option,
        )
    return int(match[1] or unnamed), int(match[2]), match[3]


def _file(text: str) -> Path:
    path = Path(text.split(":", 1)[1])
    if not path.is_file():
        raise typer.BadParameter(f"there is no file {path}", param_hint="--keymask")
    return path
