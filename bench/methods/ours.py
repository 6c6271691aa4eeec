"""Cleanplate's own fill, called as any user of the library would call it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fill(
    frames: Sequence[np.ndarray], holes: Sequence[np.ndarray], *, quality: str = "good"
) -> list[np.ndarray]:
    from cleanplate.fill import FillSettings, fill_shot

    settings = FillSettings(quality=quality)
    return [filled.image for filled in fill_shot(frames, holes, settings)]


def unavailable() -> str | None:
    try:
        from cleanplate.fill import FillSettings, fill_shot  # noqa: F401
    except ImportError as error:
        return f"cleanplate.fill is not ready: {error}"
    return None
