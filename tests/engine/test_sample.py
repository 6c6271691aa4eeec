"""The sample shot holds the truth that the demo measures against."""

from __future__ import annotations

import numpy as np

from cleanplate.engine.sample import Sample


def test_nothing_but_the_mask_differs_from_the_true_background():
    sample = Sample(160, 90, frame_count=5)
    for index in range(len(sample)):
        frame = sample[index]
        assert frame.image.shape == (90, 160, 3)
        assert np.array_equal(frame.image[~frame.mask], frame.clean[~frame.mask])
        difference = np.abs(frame.image.astype(int) - frame.clean)[frame.mask]
        assert difference.mean() > 10


def test_a_frame_is_the_same_whenever_it_is_drawn():
    first, second = Sample(160, 90, 5), Sample(160, 90, 5)
    assert np.array_equal(first[3].image, second[3].image)
    assert not np.array_equal(first[3].clean, first[4].clean)
