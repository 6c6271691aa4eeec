"""How much time tracking may take."""

from __future__ import annotations

from dataclasses import dataclass

from cleanplate.errors import UsageError


@dataclass(frozen=True)
class TrackSettings:
    """What a tracking session spends on a frame.

    Attributes
    ----------
    pixels
        The encoder's input, in pixels: most of the time goes there.
    every
        The network looks at one frame in so many; those between are carried by motion from the
        looks on both sides.
    """

    pixels: int = 768 * 768
    every: int = 1

    @classmethod
    def of(cls, quality: str) -> TrackSettings:
        """The settings for "draft", "good" or "best"; raises UsageError for another word."""
        known = {
            "draft": cls(pixels=512 * 512, every=2),
            "good": cls(),
            "best": cls(pixels=1024 * 1024),
        }
        if quality not in known:
            raise UsageError(f"There is no quality {quality!r}: use {', '.join(known)}.")
        return known[quality]
