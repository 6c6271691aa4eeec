"""Which of a clip's frames are asked for."""

from __future__ import annotations

from cleanplate.media import ClipInfo, open_clip

FramesWanted = range | slice | None


def behind_the_end(info: ClipInfo, frames: FramesWanted) -> str | None:
    """What to say where more frames are asked for than the clip has; None where all are there.

    Raises `UsageError` where it has none of them.
    """
    if frames is None or frames.stop is None:
        return None
    with open_clip(info, frames) as reader:
        there = reader.range
    if there.stop >= frames.stop:
        return None
    return (
        f"frames {there.start}:{frames.stop} were asked for, but the clip has {there.stop}: it is "
        f"{there.start}:{there.stop} that is taken"
    )
