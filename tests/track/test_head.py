"""The target head and memory tell an object from what is not it."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.track.head import TargetHead
from cleanplate.track.memory import Remembered, vote


@pytest.fixture
def cells():
    """Two clouds of unit features, and which of them is the object."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(2, 16))
    kind = random.integers(0, 2, 400)
    features = centres[kind] + 0.4 * random.normal(size=(400, 16))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return features.astype(np.float32), kind.astype(np.float32)


def test_a_head_fitted_to_one_frame_tells_the_object_in_another(cells):
    features, share = cells
    head = TargetHead(16)
    head.learn(features[:200], share[:200])
    right = (head.score(features[200:]) > 0.5) == (share[200:] > 0.5)
    assert right.mean() > 0.95


def test_what_fades_never_outvotes_what_was_marked(cells):
    features, share = cells
    head = TargetHead(16)
    head.learn(features, share)
    for _ in range(30):
        head.learn(features, 1 - share, sure=np.ones(len(share)))
    assert ((head.score(features) > 0.5) == (share > 0.5)).mean() > 0.9


def test_a_branch_learns_on_its_own(cells):
    features, share = cells
    head = TargetHead(16)
    head.learn(features, share)
    before = head.score(features)
    head.branch().learn(features, 1 - share, sure=np.ones(len(share)))
    assert np.array_equal(head.score(features), before)


def test_cells_take_the_share_of_those_they_resemble(cells):
    features, share = cells
    (votes,) = vote(features[200:], [Remembered(features[:200], share[:200])])
    assert ((votes > 0.5) == (share[200:] > 0.5)).mean() > 0.95


def test_memories_vote_by_themselves_and_with_those_before(cells):
    features, share = cells
    marked, recent = (
        Remembered(features[:100], share[:100]),
        Remembered(features[100:200], 1 - share[100:200]),
    )
    alone, both = vote(features[200:], [marked], [recent])
    assert np.allclose(alone, vote(features[200:], [marked])[0])
    assert np.allclose(both, vote(features[200:], [marked, recent])[0])
    assert np.abs(both - alone).max() > 0.2
