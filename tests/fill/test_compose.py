"""Detail and tone put together."""

from types import SimpleNamespace

import numpy as np

from cleanplate.fill.compose import Detail, tone_of

HEIGHT, WIDTH, MIDDLE = 24, 44, 22
LEFT = np.arange(WIDTH) < MIDDLE


def test_no_bright_line_where_one_layer_gives_way_to_another():
    """The sources of two layers differ in a step that is higher than that of the tone."""
    row = _across(base=(170, 80), settled=(140, 100), share=np.ones(WIDTH))
    np.testing.assert_allclose(row[LEFT[10:-10]], 140, atol=1)
    np.testing.assert_allclose(row[~LEFT[10:-10]], 100, atol=1)


def test_no_dark_line_where_detail_fades_out():
    """The sources are brighter than all believe together, and are taken less and less."""
    share = np.clip((MIDDLE + 3 - np.arange(WIDTH)) / 6, 0, 1)
    row = _across(base=(170, 170), settled=(120, 120), share=share)
    np.testing.assert_allclose(row, 120, atol=1)


def _across(base, settled, share) -> np.ndarray:
    """A row of the picture, away from the hole's border, of flat sources left and right."""
    ones = np.ones((HEIGHT, 1, 3), np.float32)
    hole = np.zeros((HEIGHT, WIDTH), bool)
    hole[4:-4, 4:-4] = True
    base, settled = (np.where(LEFT, *sides)[None, :, None] * ones for sides in (base, settled))
    settled[~hole] = base[~hole]
    plan = SimpleNamespace(  # as much of a plan as its tone depends on
        frame=SimpleNamespace(work_hole=hole),
        box=(0, HEIGHT, 0, WIDTH),
        layer=np.where(hole, np.where(LEFT, 1, 0)[None], -1).astype(np.int8),
        share=np.broadcast_to(share.astype(np.float32), hole.shape),
        soft=settled,
    )
    tone = tone_of(plan, settled, Detail(base, np.zeros_like(base)))
    share = plan.share[..., None]
    return (share * base + (1 - share) * plan.soft + tone)[HEIGHT // 2, 10:-10, 0]
