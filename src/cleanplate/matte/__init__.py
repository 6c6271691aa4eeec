"""A mask becomes a matte: how much of each pixel is the subject, and what colour the subject is.

    from cleanplate.matte import Hint, matte_shot

    for cut in matte_shot(frames, (Hint(mask) for mask in masks)):
        cut.alpha          # float32 (h, w), 0..1
        cut.foreground     # like the frame: the subject's own colour, nothing of the old background

Also here: people by a network of their own (`people`), green and blue screens (`keyer`), what the
user may turn (`controls`), and laying the subject over something new in linear light (`composite`).
Arrays in, arrays out; a shot streams through a window of two frames.
"""

from cleanplate.matte.hint import Hint
from cleanplate.matte.settings import MatteSettings
from cleanplate.matte.shot import Cut, matte_frame, matte_shot

__all__ = ["Cut", "Hint", "MatteSettings", "matte_frame", "matte_shot"]
