"""Wrong settings and wrong masks are refused with the remedy."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.errors import MaskError, UsageError
from cleanplate.fill import FillSettings, context, fill_shot

FRAME = np.zeros((20, 30, 3), np.uint8)
HOLE = np.zeros((20, 30), bool)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"quality": "superb"}, "draft, good, best, lossless"),
        ({"workers": 0}, "at least 1"),
        ({"workers": -2}, "at least 1"),
    ],
)
def test_settings_that_cannot_be(wrong, remedy):
    with pytest.raises(UsageError, match=remedy):
        FillSettings(**wrong)


@pytest.mark.parametrize(
    ("frames", "holes", "remedy"),
    [
        ([FRAME], [HOLE.T], "scale the masks"),
        ([FRAME, FRAME], [HOLE], "one for every frame"),
        ([FRAME], [], "no mask for frame 0"),
    ],
)
def test_masks_that_do_not_fit(frames, holes, remedy):
    with pytest.raises(MaskError, match=remedy):
        list(fill_shot(frames, holes))


def test_better_quality_looks_further_and_finer():
    draft, good, best = (FillSettings(q) for q in ("draft", "good", "best"))
    assert max(draft.reach) < max(good.reach) < max(best.reach)
    assert draft.work_area < good.work_area < best.work_area
    assert context(draft) <= context(good) < context(best)
    assert FillSettings("lossless").reach == best.reach
