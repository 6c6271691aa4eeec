"""Wrong settings and wrong masks are refused with the remedy."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.errors import MaskError, UsageError
from cleanplate.fill import FillSettings, context, deciding, fill_shot
from cleanplate.fill.settings import sources_of

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
    far = [max(sources_of(0, each.sources)) for each in (draft, good, best)]
    assert far == sorted(set(far))
    assert draft.work_area < good.work_area < best.work_area
    assert context(draft) <= context(good) < context(best)
    assert FillSettings("lossless").sources == best.sources


@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_frames_look_at_the_same_others_within_what_decides_them(quality):
    settings = FillSettings(quality)
    for index in (0, 1, 30, 31, 64):
        chosen = sources_of(index, settings.sources)
        assert index not in chosen
        assert {index - 1, index + 1} <= set(chosen)
        assert set(chosen) <= set(deciding(range(index, index + 1), settings))
    two = [set(sources_of(index, settings.sources)) for index in (30, 31)]
    assert two[0] ^ two[1] == {30, 31}
