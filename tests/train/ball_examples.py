"""Examples of a red ball on a lawn, with a blue one that is not meant."""

from __future__ import annotations

import tracked_scenes as scenes

from cleanplate.train import Example


def examples(count: int, group: str = "lawn", shift: int = 0) -> list[Example]:
    """`count` pictures (112, 192, 3) on which the red ball is somewhere else each time."""
    frames, reds, _ = scenes.clip(
        count,
        lambda t: (30 + (47 * (t + shift)) % 130, 30 + (31 * (t + shift)) % 55),
        lambda t: (150 - (29 * (t + shift)) % 110, 75),
    )
    return [
        Example.of(frame, red, f"{group} frame {t}", group)
        for t, (frame, red) in enumerate(zip(frames, reds, strict=True))
    ]
