"""The measures, against values known beforehand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from bench import metrics

PHOTO = np.ascontiguousarray(data.astronaut()[40:200, 100:340])


def panned(count: int, step: int = 2) -> list[np.ndarray]:
    return [PHOTO[16:112, 20 + step * t : 180 + step * t].copy() for t in range(count)]


def holes_like(frames: list[np.ndarray]) -> list[np.ndarray]:
    holes = []
    for t, frame in enumerate(frames):
        hole = np.zeros(frame.shape[:2], bool)
        hole[30:70, 50 + t : 100 + t] = True
        holes.append(hole)
    return holes


def replaced(frames, holes, change):
    results = []
    for t, (frame, hole) in enumerate(zip(frames, holes, strict=True)):
        image = frame.copy()
        image[hole] = change(t, frame)[hole]
        results.append(image)
    return results


def noisy(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 20, PHOTO.shape)
    return np.clip(PHOTO + noise, 0, 255).astype(np.uint8)


def test_psnr_is_that_of_scikit_image():
    assert metrics.psnr(PHOTO, noisy()) == pytest.approx(peak_signal_noise_ratio(PHOTO, noisy()))


@given(step=st.integers(1, 255))
def test_psnr_of_an_even_error_is_known(step: int):
    black = np.zeros((4, 5, 3), np.uint8)
    expected = 20 * np.log10(255 / step)
    assert metrics.psnr(black, black + np.uint8(step)) == pytest.approx(expected)


def test_psnr_in_a_hole_sees_nothing_else():
    where = np.zeros(PHOTO.shape[:2], bool)
    where[:10] = True
    image = PHOTO.copy()
    image[50:] = 0
    assert metrics.psnr(PHOTO, image, where) == metrics.BEST_PSNR
    assert metrics.psnr(PHOTO, image, ~where) < 20


def test_ssim_is_that_of_scikit_image():
    expected = structural_similarity(PHOTO, noisy(), channel_axis=2, data_range=255)
    assert metrics.ssim(PHOTO, noisy()) == pytest.approx(expected, abs=1e-5)


def test_the_truth_itself_scores_perfectly():
    truth = panned(4)
    scores = metrics.score(truth, [f.copy() for f in truth], holes_like(truth))
    assert scores["psnr_hole"] == scores["psnr_frame"] == metrics.BEST_PSNR
    assert scores["ssim_hole"] == pytest.approx(1, abs=1e-5)
    assert scores["sharpness"] == 1
    assert scores["dissimilarity"] == pytest.approx(0, abs=1e-5)
    assert scores["warping"] == scores["warping_truth"]
    assert scores["flicker"] == 0


def test_blur_is_less_sharp_and_noise_more():
    truth = panned(2)
    holes = holes_like(truth)
    blurred = replaced(truth, holes, lambda t, f: cv2.GaussianBlur(f, (0, 0), 3))
    rng = np.random.default_rng(0)
    grainy = replaced(truth, holes, lambda t, f: rng.integers(0, 256, f.shape, dtype=np.uint8))
    assert metrics.sharpness(truth, blurred, holes) < 0.1
    assert metrics.sharpness(truth, grainy, holes) > 2


def test_a_seam_at_the_border_is_not_sharpness():
    truth = panned(1)
    holes = holes_like(truth)
    flat = replaced(truth, holes, lambda t, f: np.zeros_like(f))
    assert metrics.sharpness(truth, flat, holes) == 0


def test_dissimilarity_punishes_blur_and_misplacement():
    truth, holes = panned(1)[0], holes_like(panned(1))[0]
    blurred = cv2.GaussianBlur(truth, (0, 0), 3)
    moved = np.roll(truth, 4, axis=1)
    for wrong in (blurred, moved):
        assert metrics.gradient_dissimilarity(truth, wrong, holes) > 0.05


def test_true_motion_is_the_pan():
    motion = metrics.true_motion(panned(2, step=3))[0]
    inner = motion.flow[20:-20, 20:-20]
    assert np.median(inner[..., 0]) == pytest.approx(-3, abs=0.2)
    assert np.median(inner[..., 1]) == pytest.approx(0, abs=0.2)
    assert motion.visible[20:-20, 20:-20].mean() > 0.9
    assert not motion.visible[:, 0].any(), "what leaves the frame cannot be seen"


def test_flicker_counts_boiling_and_not_a_steady_error():
    truth = panned(5)
    holes = holes_like(truth)
    motions = metrics.true_motion(truth)
    dim = [np.clip(f, 0, 200) for f in truth]
    steady = replaced(dim, holes, lambda t, f: f + np.uint8(20))
    boiling = replaced(dim, holes, lambda t, f: f + np.uint8(20 * (t % 2)))
    still = metrics.flicker(dim, steady, [metrics_inner(h) for h in holes], motions)
    assert still == pytest.approx(0, abs=1)
    assert metrics.flicker(dim, boiling, holes, motions) > 15
    assert metrics.warping_error(boiling, holes, motions) > 200


def test_a_still_truth_gives_no_ratio():
    truth = [PHOTO[:96, :160]] * 3
    scores = metrics.score(truth, truth, holes_like(truth))
    assert scores["warping"] == 0
    assert np.isnan(scores["warping_ratio"])


def metrics_inner(hole: np.ndarray) -> np.ndarray:
    """Away from the border, where a steady patch of light does move against the picture."""
    return cv2.erode(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0


@settings(max_examples=20)
@given(count=st.integers(0, 30), seed=st.integers(0, 99))
def test_every_pixel_changed_outside_is_counted(count: int, seed: int):
    frame = PHOTO[:40, :60].copy()
    hole = np.zeros((40, 60), bool)
    hole[10:20, 10:20] = True
    image = frame.copy()
    image[hole] = 0
    rows, columns = np.nonzero(~hole)
    picks = np.random.default_rng(seed).choice(len(rows), count, replace=False)
    image[rows[picks], columns[picks]] ^= 1
    assert metrics.changed_outside([frame], [image], [hole]) == count


def test_frames_without_a_hole_count_for_nothing():
    truth = panned(3)
    holes = holes_like(truth)
    holes[1][:] = False
    images = replaced(truth, holes, lambda t, f: np.zeros_like(f))
    alone = [metrics.psnr(truth[t], images[t], holes[t]) for t in (0, 2)]
    assert metrics.score(truth, images, holes)["psnr_hole"] == pytest.approx(np.mean(alone))


def test_a_clip_without_any_hole_has_no_score():
    truth = panned(2)
    scores = metrics.score(truth, truth, [np.zeros(truth[0].shape[:2], bool)] * 2)
    assert np.isnan(scores["psnr_hole"])
    assert np.isnan(scores["warping_ratio"])
