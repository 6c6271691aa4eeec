"""Masks on some frames -> masks on every frame: arrays in, arrays out, a few frames at a time.

    from cleanplate.track import TrackSession

    session = TrackSession(frames)               # RGB by number: an array, a list, or a decoder
    session.add_points(1, 0, [(240, 130)])       # object 1 on frame 0: its mask, at once
    session.add_box(2, 0, (300, 80, 380, 260))   # several objects, never on the same pixel
    for tracked in session.track():              # every frame in order, both ways from each mark
        tracked.index, tracked.masks[1], tracked.scores[1]
    session.add_points(1, 42, [(300, 90)], [False])   # correct it where it went wrong, and again
    for tracked in session.track(): ...

`TrackSettings.of` names what a quality costs.
"""

from cleanplate.track.network import Network
from cleanplate.track.session import FrameSource, Tracked, TrackSession
from cleanplate.track.settings import TrackSettings

__all__ = ["FrameSource", "Network", "TrackSession", "TrackSettings", "Tracked"]
