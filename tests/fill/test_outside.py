"""What the fill must never do, whatever the frames and the holes are."""

from __future__ import annotations

import numpy as np
import pytest
from fill.fill_scenes import panned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanplate.fill import KEPT, SYNTHESISED, FillSettings, fill_shot

KINDS = ("none", "all", "speckle", "left edge", "corner", "middle", "all but one")


def hole(kind: str, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    out = np.zeros((height, width), bool)
    if kind == "all":
        out[:] = True
    elif kind == "speckle":
        out = rng.random((height, width)) < 0.2
    elif kind == "left edge":
        out[:, : max(1, width // 4)] = True
    elif kind == "corner":
        out[height // 2 :, width // 2 :] = True
    elif kind == "middle":
        out[height // 3 : height // 3 + 5, width // 3 : width // 3 + 4] = True
    elif kind == "all but one":
        out[:] = True
        out[height // 2, width // 2] = False
    return out


@st.composite
def clips(draw):
    height, width = draw(st.integers(1, 41)), draw(st.integers(1, 57))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    dtype, top = draw(st.sampled_from([(np.uint8, 256), (np.uint16, 65536)]))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    frames = [rng.integers(0, top, (height, width, 3), dtype) for _ in kinds]
    return frames, [hole(kind, height, width, rng) for kind in kinds]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(clips(), st.sampled_from(["draft", "good"]))
def test_only_the_hole_changes(clip, quality):
    frames, holes = clip
    before = [frame.copy() for frame in frames]
    results = list(fill_shot(frames, holes, FillSettings(quality)))
    assert len(results) == len(frames)
    for index, (result, frame, hole) in enumerate(zip(results, before, holes, strict=True)):
        assert result.image.dtype == frame.dtype and result.image.shape == frame.shape
        np.testing.assert_array_equal(result.image[~hole], frame[~hole])
        np.testing.assert_array_equal(frames[index], frame)  # nor is the input written to
        assert result.provenance.dtype == np.int32
        np.testing.assert_array_equal(result.provenance == KEPT, ~hole)
        from_frames = result.provenance[hole & (result.provenance != SYNTHESISED)]
        assert np.isin(from_frames, [i for i in range(len(frames)) if i != index]).all()
        assert result.recovered + result.synthesised == pytest.approx(float(hole.any()))
        share = from_frames.size / max(1, hole.sum())
        assert result.recovered == pytest.approx(share, abs=1e-6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(clips())
def test_what_is_hidden_leaves_no_trace(clip):
    frames, holes = clip
    other = [
        np.where(hole[..., None], np.iinfo(frame.dtype).max - frame, frame)
        for frame, hole in zip(frames, holes, strict=True)
    ]
    for one, two in zip(fill_shot(frames, holes), fill_shot(other, holes), strict=True):
        np.testing.assert_array_equal(one.image, two.image)
        np.testing.assert_array_equal(one.provenance, two.provenance)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_hidden_leaves_no_trace_in_a_clip_that_is_scaled_down(depth):
    scene = panned(count=4, width=400, height=240, radius=30, walk=12)
    unit = 1 if depth == np.uint8 else 257
    black = np.where(scene.holes[..., None], 0, scene.truth).astype(depth) * depth(unit)
    loud = scene.seen.astype(depth) * depth(unit)
    draft = FillSettings("draft")  # judges at fewer pixels than these frames have
    pairs = zip(
        fill_shot(black, scene.holes, draft), fill_shot(loud, scene.holes, draft), strict=True
    )
    for one, two in pairs:
        np.testing.assert_array_equal(one.image, two.image)


def test_a_grey_clip_stays_grey():
    """Where everything seen is one colour, so is what is filled, to within the grain."""
    frames = np.full((3, 40, 60, 3), 90, np.uint8)
    holes = np.zeros((3, 40, 60), bool)
    holes[:, 10:30, 20:40] = True
    frames[holes] = 255
    for result in fill_shot(frames, holes):
        assert np.abs(result.image.astype(int) - 90).max() <= 1
