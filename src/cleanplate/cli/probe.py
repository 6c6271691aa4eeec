"""``cleanplate probe``: what a file is, and what will be kept of it."""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.options import ClipArgument, ClipOption, the_clip

if TYPE_CHECKING:
    from cleanplate.media import ClipInfo

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def probe(
    clip: ClipArgument = None,
    input_: ClipOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Say what a clip is and what will be kept of it."""
    source = the_clip(clip, input_)
    from cleanplate.media import probe as probe_clip

    info = probe_clip(source)
    print(json_text.dumps(info.as_dict(), indent=1) if json else describe(info))


def describe(info: ClipInfo) -> str:
    """The facts of a clip, one a line, for a person."""
    facts = [
        ("picture", _picture(info)),
        ("time", _time(info)),
        ("colour", _colour(info)),
        *(
            ("sound", f"{track.codec}, {track.layout}, {track.sample_rate} Hz")
            for track in info.audio
        ),
        *(("subtitles", f"{s.codec} {s.language or ''}".strip()) for s in info.subtitles),
        *([("chapters", str(len(info.chapters)))] if info.chapters else []),
        *(("kept", line) for line in info.kept),
        *(("lost", line) for line in info.lost),
        *(("warning", line) for line in info.warnings),
    ]
    lines, last = [str(info.path)], ""
    for name, text in facts:
        lines.append(f"  {name if name != last else '':<10} {text}")
        last = name
    return "\n".join(lines)


def _picture(info: ClipInfo) -> str:
    parts = [f"{info.codec} in {info.container}", f"{info.width}x{info.height}"]
    if info.pixel_aspect != 1:
        parts.append(f"pixels {info.pixel_aspect.numerator}:{info.pixel_aspect.denominator}")
    if info.rotation:
        parts.append(f"turned {info.rotation} degrees")
    if info.mirror:
        parts.append("mirrored")
    if info.interlaced:
        parts.append("interlaced")
    parts.append(f"{info.pix_fmt}, {info.bit_depth} bits{' with alpha' if info.has_alpha else ''}")
    return ", ".join(parts)


def _time(info: ClipInfo) -> str:
    count = "an unknown number of" if info.frame_count is None else str(info.frame_count)
    rate = f"{float(info.rate):.3f}".rstrip("0").rstrip(".")
    varying = ", variable" if info.variable_rate else ""
    length = "" if info.duration is None else f", {float(info.duration):.2f} s"
    return f"{count} frames at {rate} a second{varying}{length}"


def _colour(info: ClipInfo) -> str:
    colour = info.colour
    if {colour.primaries, colour.transfer, colour.matrix} == {"unspecified"}:
        return f"unspecified, {colour.range} range"
    return f"{colour.primaries} / {colour.transfer} / {colour.matrix}, {colour.range} range"
