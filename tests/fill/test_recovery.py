"""What was hidden and is shown elsewhere comes back: as it was, sharp, without seams or flicker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fill.fill_scenes import crossed, eight_bit, held_still, panned, psnr

from cleanplate.fill import FillSettings, fill_shot
from cleanplate.fill.smooth import harmonic_fill


def per_frame(scene) -> dict[str, float]:
    """PSNR in the hole of what looks at one frame at a time."""
    pairs = list(zip(scene.seen, scene.holes, strict=True))
    telea = [cv2.inpaint(f, h.astype(np.uint8), 3, cv2.INPAINT_TELEA) for f, h in pairs]
    return {
        "telea": scene.psnr(telea),
        "harmonic": scene.psnr([harmonic_fill(f, h) for f, h in pairs]),
    }


@pytest.fixture(scope="module")
def pan():
    scene = panned()
    return scene, scene.fill()


def test_a_panned_background_is_recovered(pan):
    scene, results = pan
    ours = scene.psnr([r.image for r in results])
    peers = per_frame(scene)
    assert ours > 30
    assert ours > max(peers.values()) + 10
    assert np.mean([r.recovered for r in results]) > 0.95


def sharpness(scene, images) -> float:
    """Energy of the Laplacian well inside the holes, over the truth's: 1 is right."""

    def energy(frames):
        total = 0.0
        for frame, hole in zip(frames, scene.holes, strict=True):
            inside = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            total += (cv2.Laplacian(frame.astype(np.float32), cv2.CV_32F)[inside] ** 2).sum()
        return total

    return energy(images) / energy(scene.truth)


def test_what_is_recovered_is_as_sharp_as_it_was(pan):
    scene, results = pan
    assert 0.65 < sharpness(scene, [r.image for r in results]) < 1.25


def test_a_clip_that_is_judged_at_fewer_pixels_is_filled_at_all_of_them():
    scene = panned("astronaut", count=8, width=420, height=260, radius=30, walk=14)
    images = [r.image for r in scene.fill(FillSettings("draft"))]
    assert sharpness(scene, images) > 0.65
    assert scene.psnr(images) > max(per_frame(scene).values()) + 8


@pytest.mark.parametrize("quality", ["draft", "best"])
def test_every_quality_recovers_a_noisy_pan(quality):
    scene = panned("astronaut", count=12, noise=2.0)
    results = scene.fill(FillSettings(quality))
    assert scene.psnr([r.image for r in results]) > max(per_frame(scene).values()) + 8


def test_sixteen_bits_are_filled_with_sixteen_bits():
    scene = panned(count=10, speed=(2, 0))  # whole pixels, so that nothing is interpolated
    fine = np.random.default_rng(0).integers(0, 256, (scene.truth.shape[1], 400, 3), np.uint16)
    shifted = np.stack([fine[:, 2 * t : 2 * t + scene.truth.shape[2]] for t in range(len(scene))])
    truth = scene.truth.astype(np.uint16) * 256 + shifted
    hidden = np.where(scene.holes[..., None], 65535, truth).astype(np.uint16)
    images = np.stack([r.image for r in fill_shot(hidden, scene.holes)])
    assert psnr(images[scene.holes] / 257.0, truth[scene.holes] / 257.0) > 30
    assert len(np.unique(images[scene.holes] & 255)) > 200  # not eight bits made wide


def test_something_that_passes_behind_the_hole_is_recovered():
    scene = crossed()
    results = scene.fill()
    behind = slice(6, 11)  # frames on which the block fills most of the hole
    holes = scene.holes[behind]
    ours = np.stack([r.image for r in results[behind]])[holes]
    smooth = [harmonic_fill(f, h) for f, h in zip(scene.seen[behind], holes, strict=True)]
    # What a still or turning camera's median would show: the ground, which is not there now.
    assert psnr(ours, scene.truth[behind][holes]) > 6 + psnr(
        np.stack(smooth)[holes], scene.truth[behind][holes]
    )


def test_exposure_that_drifts_leaves_no_seam():
    steady = panned("chelsea")
    gain = 1 + 0.25 * np.sin(np.arange(len(steady)) / len(steady) * 3)
    truth = np.stack([eight_bit(f * 0.75 * g) for f, g in zip(steady.truth, gain, strict=True)])
    scene = type(steady)(truth, steady.holes)
    results = scene.fill()
    seams = []
    for result, right, hole in zip(results, truth, scene.holes, strict=True):
        error = result.image.astype(np.float32) - right
        rim = hole & ~(cv2.erode(hole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
        # Along the border, piece by piece: a seam is a step that keeps its sign.
        pieces = cv2.blur(error * rim[..., None], (15, 15))[rim]
        mass = cv2.blur(rim.astype(np.float32), (15, 15))[rim]
        seams.append(np.abs(pieces / mass[:, None]).mean())
    # In grey levels; without matching the exposure it would be 3.5 and 11.
    assert np.mean(seams) < 2.5 and max(seams) < 5
    assert scene.psnr([r.image for r in results]) > 35


def test_a_hole_that_never_moves_before_a_still_camera_does_not_flicker():
    scene = held_still()
    images = np.stack([r.image for r in scene.fill()]).astype(np.float32)
    hole = scene.holes[0]
    ring = (cv2.dilate(hole.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0) & ~hole
    spread = images.std(axis=0)
    assert spread[hole].mean() < 1.5 * spread[ring].mean()
    # Coarse changes are what the eye sees as flicker; grain is not.
    coarse = np.stack([cv2.GaussianBlur(i, (0, 0), 4) for i in images]).std(axis=0)
    assert coarse[hole].max() < 2.0


def test_what_is_recovered_does_not_flicker():
    """Coarse faults, where there are any, stay the same from frame to frame."""
    scene = panned("astronaut", noise=3.0)
    before, steps = None, []
    for result, truth, hole in zip(scene.fill(), scene.truth, scene.holes, strict=True):
        fault = (result.image.astype(np.float32) - truth) * hole[..., None]
        fault = cv2.GaussianBlur(fault, (0, 0), 3)
        if before is not None:
            steps.append(np.abs(fault - before[0])[hole & before[1]].mean())
        before = fault, hole
    assert np.mean(steps) < 1.2  # grey levels; 17 for what looks at one frame at a time


def test_one_frame_alone_is_filled_from_its_surroundings():
    scene = held_still(count=1)
    (result,) = scene.fill()
    assert result.synthesised == 1
    assert scene.psnr([result.image]) > 15
    assert result.image[scene.holes[0]].std() < 80
