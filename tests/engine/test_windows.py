"""What previews and resuming rest on: a frame's fill is decided by the frames around it alone."""

from __future__ import annotations

import generated
import numpy as np
import pytest

from cleanplate.fill import FillSettings, deciding, fill_shot

SETTINGS = FillSettings(quality="draft")


def _passed_by():
    """A disc that crosses the picture: other frames show what is behind it."""
    return generated.with_disc([frame[:64, :96] for frame in generated.pan("coffee", 110)])


def _never_shown():
    """A patch of the scene that is hidden on every frame, and has to be made up."""
    frames = [frame[:64, :96].copy() for frame in generated.pan("coffee", 110)]
    holes = []
    for index, frame in enumerate(frames):
        hole = np.zeros((64, 96), bool)
        middle = 80 - 2 * (index % 60)
        hole[20:44, max(middle - 16, 0) : max(middle + 16, 0)] = True
        frame[hole] = 0
        holes.append(hole)
    return frames, holes


@pytest.fixture(scope="module", params=[_passed_by, _never_shown])
def shot(request):
    frames, holes = request.param()
    return frames, holes, list(fill_shot(frames, holes, SETTINGS))


@pytest.mark.parametrize(
    "wanted", [range(0, 2), range(33, 36), range(60, 62), range(97, 98), range(108, 110)]
)
def test_a_piece_of_a_shot_is_filled_as_the_whole_shot_is(shot, wanted):
    frames, holes, whole = shot
    around = deciding(wanted, SETTINGS)
    assert around.start > 0 or around.stop < len(frames)
    first = max(around.start, 0)
    piece = slice(first, around.stop)
    asked = range(wanted.start - first, wanted.stop - first)
    part = list(fill_shot(frames[piece], holes[piece], SETTINGS, asked, first))
    assert len(part) == len(wanted)
    for index, filled in zip(wanted, part, strict=True):
        assert np.array_equal(filled.image, whole[index].image)
        recovered = filled.provenance >= 0
        assert np.array_equal(recovered, whole[index].provenance >= 0)
        assert np.array_equal(
            filled.provenance[recovered] + first, whole[index].provenance[recovered]
        )
