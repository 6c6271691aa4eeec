"""Finished pictures, made steady over time and sharp again."""

from types import SimpleNamespace

import cv2
import numpy as np
from skimage import data

from cleanplate.fill.compose import Painted
from cleanplate.fill.finish import finish, painted_frame

SIZE, AT = 80, np.s_[20:60, 20:60]
HOLE = np.zeros((SIZE, SIZE), bool)
HOLE[AT] = True
TRUTH = data.astronaut()[60 : 60 + SIZE, 180 : 180 + SIZE]
STAY = np.dstack(np.meshgrid(np.arange(SIZE), np.arange(SIZE))).astype(np.float32)


def test_what_one_frame_alone_gets_wrong_is_no_flash():
    wrong = TRUTH.copy()
    wrong[30:50, 30:50] = 255
    error = np.abs(_finished([TRUTH, wrong, TRUTH]) - TRUTH.astype(float))[30:50, 30:50].mean()
    assert error < 0.55 * np.abs(wrong - TRUTH.astype(float))[30:50, 30:50].mean()


def test_what_frames_agree_on_is_as_sharp_as_its_sources():
    soft = cv2.GaussianBlur(TRUTH, (0, 0), 0.6)
    sharp = _sharpness(_finished([soft] * 3))
    assert _sharpness(soft) < 0.6
    assert 0.8 < sharp < 1.3


def test_what_frames_differ_in_is_not_made_to_stand_out():
    soft = cv2.GaussianBlur(TRUTH, (0, 0), 0.6)
    assert _strengthened([soft] * 3) > 4
    assert _strengthened([255 - soft, soft, 255 - soft]) < 1


def _strengthened(frames: list[np.ndarray]) -> float:
    """By how much a wish for sharpness changes a frame, in grey levels."""
    wish = np.full(HOLE.sum(), 1e6, np.float32)
    pictures = [_finished(frames, crisp).astype(float) for crisp in (wish, 0 * wish)]
    return float(np.abs(pictures[0] - pictures[1])[HOLE].mean())


def test_light_that_changes_from_frame_to_frame_stays():
    frames = [(TRUTH * 0.7 + offset).astype(np.uint8) for offset in (0, 8, 24)]
    change = _finished(frames).astype(float)[HOLE] - frames[1][HOLE]
    assert abs(change.mean()) < 0.6


def test_sixteen_bits_come_out_as_eight_do():
    soft = cv2.GaussianBlur(TRUTH, (0, 0), 0.6)
    eight = _finished([soft] * 3)
    sixteen = _finished([soft.astype(np.uint16) * 257] * 3, 257.0**2 * _crisp(TRUTH))
    assert sixteen.dtype == np.uint16
    assert np.abs(sixteen / 257 - eight).max() < 1


def _finished(frames: list[np.ndarray], crisp: np.ndarray | None = None) -> np.ndarray:
    """The frame in the middle, finished, of three that stand still and were painted as given."""
    crisp = _crisp(TRUTH) if crisp is None else crisp
    origin = np.zeros(HOLE.sum(), np.int32)
    paintings = {}
    for i, picture in enumerate(frames):
        rgb = (picture >> 8 if picture.dtype == np.uint16 else picture).astype(np.uint8)
        frame = SimpleNamespace(
            index=i, image=picture, hole=HOLE, work_hole=HOLE, near_hole=HOLE, rgb=rgb
        )
        plan = SimpleNamespace(frame=frame, box=(0, SIZE, 0, SIZE))
        paintings[i] = painted_frame(
            plan, Painted(picture[HOLE], origin, crisp), {0: STAY, 2: STAY}
        )
    out = frames[1].copy()
    out[HOLE] = finish(paintings.pop(1), paintings)
    return out


def _crisp(picture: np.ndarray) -> np.ndarray:
    return (cv2.Laplacian(picture.astype(np.float32), cv2.CV_32F).mean(axis=2)[HOLE]) ** 2


def _sharpness(picture: np.ndarray) -> float:
    return float(_crisp(picture).mean() / _crisp(TRUTH).mean())
