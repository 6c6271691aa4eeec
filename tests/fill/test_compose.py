"""Detail and tone put together."""

from types import SimpleNamespace

import numpy as np

from cleanplate.fill.compose import tone_of
from cleanplate.fill.plan import Plan


def test_no_bright_line_where_one_layer_gives_way_to_another():
    # The sources of two layers differ in a step that is higher than that of the tone.
    height, width, middle = 24, 40, 20
    left = np.arange(width) < middle
    hole = np.zeros((height, width), bool)
    hole[4:-4, 4:-4] = True
    base = np.where(left, 170, 80)[None, :, None] * np.ones((height, 1, 3))
    settled = np.where(left, 140, 100)[None, :, None] * np.ones((height, 1, 3))
    layer = np.where(hole, np.where(left, 1, 0)[None], -1).astype(np.int8)
    settled[~hole] = base[~hole]
    tone = tone_of(
        _plan(hole, layer), settled.astype(np.float32), base.astype(np.float32),
        np.zeros_like(base, np.float32),
    )  # fmt: skip
    row = (base + tone)[height // 2, 10:-10, 0]  # away from the hole's border
    np.testing.assert_allclose(row[: middle - 10], 140, atol=1)
    np.testing.assert_allclose(row[middle - 10 :], 100, atol=1)


def _plan(hole: np.ndarray, layer: np.ndarray) -> Plan:
    """As much of a plan as its tone depends on."""
    frame = SimpleNamespace(work_hole=hole)
    return SimpleNamespace(frame=frame, box=(0, hole.shape[0], 0, hole.shape[1]), layer=layer)
