"""The gate can be trained again from what the repository holds."""

from __future__ import annotations

from bench.train_gate import samples, score, train


def test_a_trained_gate_fills_better_than_an_untrained_one():
    data = samples(seed=3, step=20)
    assert data and all(len(s.rows) == len(s.truth) for s in data)
    before, after = (score(data, train(data, epochs=n)) for n in (0, 40))
    assert after > before + 0.5
