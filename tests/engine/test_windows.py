"""What previews and resuming rest on: a frame's fill is decided by the frames around it alone."""

from __future__ import annotations

import generated
import numpy as np
import pytest

from cleanplate.fill import FillSettings, context, fill_shot


@pytest.mark.parametrize("wanted", [range(0, 2), range(37, 40), range(68, 70)])
def test_a_piece_of_a_shot_is_filled_as_the_whole_shot_is(wanted):
    settings = FillSettings(quality="draft")
    clean = [frame[:64, :96] for frame in generated.pan("coffee", 70)]
    frames, holes = generated.with_disc(clean)
    whole = list(fill_shot(frames, holes, settings))
    around = context(settings)
    first = max(wanted.start - around, 0)
    piece = slice(first, wanted.stop + around)
    asked = range(wanted.start - first, wanted.stop - first)
    part = list(fill_shot(frames[piece], holes[piece], settings, asked, first))
    assert len(part) == len(wanted)
    for index, filled in zip(wanted, part, strict=True):
        assert np.array_equal(filled.image, whole[index].image)
        recovered = filled.provenance >= 0
        assert np.array_equal(recovered, whole[index].provenance >= 0)
        assert np.array_equal(
            filled.provenance[recovered] + first, whole[index].provenance[recovered]
        )
