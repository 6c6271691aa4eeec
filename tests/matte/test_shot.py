"""Masks become mattes that are nearer to the truth, steadier, and alike in 8 and 16 bits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from matte.scenes import error, rough, small

from cleanplate.matte import Hint, MatteSettings, matte_frame, matte_shot
from cleanplate.matte.layers import Expected
from cleanplate.matte.shot import without_scraps
from cleanplate.matte.trimap import make_trimap, settled
from cleanplate.segment import edges


def mattes(scene, **settings):
    hints = (Hint(rough(alpha)) for alpha in scene.alphas)
    return list(matte_shot(scene.frames, hints, MatteSettings(**settings)))


def flicker(found, truth):
    change = np.diff(np.stack(found), axis=0) - np.diff(truth, axis=0)
    return float(np.sqrt((change**2).mean()))


@pytest.mark.parametrize("name", ["throw", "straps"])
def test_a_matte_is_nearer_to_the_truth_than_its_mask(name):
    scene = small(name)
    found = np.stack([cut.alpha for cut in mattes(scene)])
    masks = rough(scene.alphas)
    assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1
    assert error(found, scene.alphas) < 0.8 * error(masks, scene.alphas)
    assert flicker(found, scene.alphas) < 0.85 * flicker(masks.astype(np.float32), scene.alphas)


def boiling_masks(scene):
    """What a tracker may give: masks whose edge lies somewhere else in every frame."""
    random = np.random.default_rng(0)
    for alpha in scene.alphas:
        wobble = cv2.resize(random.normal(0, 0.7, (8, 12)).astype(np.float32), alpha.shape[::-1])
        yield cv2.GaussianBlur(alpha, (0, 0), 2) > 0.5 + 0.45 * np.tanh(wobble)


def test_the_frame_before_steadies_edges_that_boil():
    scene = small("fur")
    masks = list(boiling_masks(scene))

    def boiling(by_time):
        hints = (Hint(mask) for mask in masks)
        cuts = matte_shot(scene.frames, hints, MatteSettings(by_time=by_time))
        return flicker([cut.alpha for cut in cuts], scene.alphas)

    assert boiling(0.1) < boiling(0.0) < flicker(np.float32(masks), scene.alphas)


def test_the_plate_is_evidence():
    scene = small("fur")
    one = np.ones(scene.alphas[0].shape, np.float32)
    without, with_it = [], []
    for index, mask in enumerate(boiling_masks(scene)):
        image, plate = scene.frames[index], scene.backgrounds[index]
        without.append(matte_frame(image, Hint(mask)).alpha)
        with_it.append(matte_frame(image, Hint(mask, plate=plate, seen=one)).alpha)
    assert error(np.stack(with_it), scene.alphas) < 0.95 * error(np.stack(without), scene.alphas)


def test_a_look_finds_hair_that_the_mask_lacks():
    scene = small("fur")
    mask = edges.shrink(scene.alphas[1] > 0.95, 3)
    without = matte_frame(scene.frames[1], Hint(mask)).alpha
    with_it = matte_frame(scene.frames[1], Hint(mask, look=scene.alphas[1])).alpha
    assert error(with_it, scene.alphas[1]) < 0.8 * error(without, scene.alphas[1])


def test_a_look_at_something_else_is_not_believed():
    scene = small("throw")
    mask = rough(scene.alphas[1])
    other = np.zeros_like(scene.alphas[1])
    other[:40, :60] = 1
    without = matte_frame(scene.frames[1], Hint(mask)).alpha
    with_it = matte_frame(scene.frames[1], Hint(mask, look=other)).alpha
    assert error(with_it, without) < 1e-4


def test_sixteen_bits_give_the_same_matte():
    scene = small("throw")
    mask = rough(scene.alphas[1])
    eight = matte_frame(scene.frames[1], Hint(mask))
    deep = matte_frame(scene.frames[1].astype(np.uint16) * 257, Hint(mask))
    assert error(deep.alpha, eight.alpha) < 1e-3
    assert deep.foreground.dtype == np.uint16


def test_where_the_subject_is_solid_its_pixels_are_the_frames():
    scene = small("throw")
    cut = mattes(scene)[2]
    solid = cut.alpha >= 1
    assert solid.sum() > 500
    assert np.array_equal(cut.foreground[solid], scene.frames[2][solid])


def test_an_empty_mask_cuts_out_nothing():
    scene = small("throw")
    cut = matte_frame(scene.frames[0], Hint(np.zeros(scene.alphas[0].shape, bool)))
    assert not cut.alpha.any()


def test_large_frames_are_solved_small_and_refined():
    scene = small("throw")
    mask = rough(scene.alphas[1])
    reduced = matte_frame(scene.frames[1], Hint(mask), MatteSettings(longest=96))
    assert reduced.alpha.shape == mask.shape
    assert error(reduced.alpha, scene.alphas[1]) < error(mask, scene.alphas[1])


def test_faint_scraps_go_and_broken_hairs_stay():
    mask = np.zeros((60, 80), bool)
    mask[20:40, 20:40] = True
    alpha = mask.astype(np.float32)
    alpha[30, 43:50] = 0.2  # a hair, three pixels off
    alpha[5:8, 60:64] = 0.2  # a scrap
    alpha[50:54, 60:64] = 0.9  # what is surely there
    alpha[30, 70] = 0.02  # haze
    kept = without_scraps(alpha, mask)
    assert (kept[5:8, 60:64] == 0).all()
    alpha[5:8, 60:64] = 0
    assert np.array_equal(kept, alpha)


def test_what_mask_and_network_are_sure_of_is_whole_whatever_the_frame_before_had():
    mask = np.zeros((120, 160), bool)
    mask[40:48, 30:130] = True  # thinner than the band of an edge is wide
    look = np.where(mask, np.float32(0.95), np.float32(0))
    half, sure = np.full(mask.shape, 0.5, np.float32), np.ones(mask.shape, np.float32)
    colour = np.zeros((*mask.shape, 3), np.float32)
    expected = Expected(half, colour, colour, *[sure] * 4)
    hint, settings = Hint(mask, look=look), MatteSettings(band=0.03)
    assert make_trimap(hint, None, settings, expected).inside[43:45, 40:120].all()
    smeared = np.full(mask.shape, 5, np.float32)
    assert not make_trimap(hint, smeared, settings, expected).inside[43:45, 40:120].any()


def test_a_network_that_sees_a_crowd_beside_the_subject_does_not_veil_it():
    """What it sees of thick things beside the mask is not believed; of hair it is."""
    mask = np.zeros((200, 300), bool)
    mask[40:160, 40:160] = True
    look = mask.astype(np.float32)
    look[60:140, 160:200] = 0.6  # another one, who touches
    look[20:40, 100:102] = 0.6  # a hair
    seen = settled(Hint(mask, look=look)).look
    assert seen[60:140, 160:200].max() == 0
    assert (seen[20:40, 100:102] == np.float32(0.6)).all() and (seen[mask] == 1).all()


def test_a_bright_parting_is_no_hole_in_a_head_that_the_network_is_sure_of():
    mask = cv2.circle(np.zeros((240, 320), np.uint8), (160, 140), 90, 1, -1) > 0
    image = np.where(mask[..., None], np.uint8([60, 50, 45]), np.uint8([190, 200, 195]))
    image[50:58, 146:176][mask[50:58, 146:176]] = (150, 157, 153)
    noise = np.random.default_rng(3).integers(-4, 5, image.shape)
    image = cv2.GaussianBlur((image + noise).astype(np.uint8), (0, 0), 0.8)
    look = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    parting = (slice(53, 57), slice(150, 172))
    assert matte_frame(image, Hint(mask)).alpha[parting].mean() < 0.8
    assert matte_frame(image, Hint(mask, look=look)).alpha[parting].mean() > 0.95


def test_what_swung_away_leaves_no_cloud_where_it_was():
    mask = np.zeros((320, 480), bool)
    mask[120:280, 120:400] = True
    before = mask.astype(np.float32)
    before[80:120, 120:132] = 1  # a tail, which the mask of this frame lacks
    before[80:120, 200:204] = 1  # and a hair
    layers = np.zeros((*mask.shape, 3), np.float32)
    left = Expected(before, layers, layers, *[layers[..., 0]] * 2, *[np.ones_like(before)] * 2)
    nothing = mask.astype(np.float32)
    for look, tail in ((None, True), (nothing, False)):
        band = make_trimap(Hint(mask, look=look), None, MatteSettings(), left).band
        assert band[90:100, 122:130].all() == tail == band[90:100, 122:130].any()
        assert band[90:100, 200:204].all()


def test_a_post_that_has_passed_leaves_no_hole_in_the_subject():
    mask = np.zeros((320, 480), bool)
    mask[40:280, 60:420] = True
    before = mask.astype(np.float32)
    before[:, 230:250] = 0  # where the post was, carried along with the subject
    layers = np.zeros((*mask.shape, 3), np.float32)
    was = Expected(before, layers, layers, *[layers[..., 0]] * 2, *[np.ones_like(before)] * 2)
    look = np.where(mask, np.float32(0.8), np.float32(0))
    trimap = make_trimap(Hint(mask, look=look), None, MatteSettings(), was)
    assert trimap.inside[120:200, 230:250].all()
    assert not trimap.inside[42:46, 230:250].any()  # at the edge hair may let the background in
