"""`cleanplate.erase` on arrays and on streams of frames."""

from __future__ import annotations

import threading

import generated
import numpy as np
import pytest

import cleanplate
from cleanplate.errors import Cancelled, MaskError, MediaError, UsageError


@pytest.fixture(scope="module")
def shot():
    clean = generated.pan("chelsea", 10)
    seen, masks = generated.with_disc(clean)
    return np.stack(seen), np.stack(masks), np.stack(clean)


def test_an_array_comes_back_filled(shot):
    seen, masks, clean = shot
    result = cleanplate.erase(seen, mask=masks)
    assert result.shape == seen.shape
    assert result.dtype == seen.dtype
    assert np.array_equal(result[~masks], seen[~masks])
    assert generated.psnr(result[masks], clean[masks]) > 22


def test_a_stream_gives_the_same_frames(shot):
    seen, masks, _ = shot
    stream = cleanplate.erase(iter(seen), mask=iter(masks))
    assert iter(stream) is stream
    assert np.array_equal(np.stack(list(stream)), cleanplate.erase(seen, mask=masks))


def test_sixteen_bits_stay_sixteen_bits(shot):
    seen, masks, clean = shot
    result = cleanplate.erase(seen.astype(np.uint16) * 257, mask=masks)
    assert result.dtype == np.uint16
    assert np.array_equal(result[~masks], seen[~masks].astype(np.uint16) * 257)
    assert generated.psnr((result[masks] // 257).astype(np.uint8), clean[masks]) > 22


def test_one_mask_for_all(shot):
    seen, _, _ = shot
    mask = np.zeros(seen.shape[1:3], bool)
    mask[30:50, 60:90] = True
    result = cleanplate.erase(seen, mask=mask, grow=3, feather=2)
    assert np.array_equal(result[:, ~mask][:, :10], seen[:, ~mask][:, :10])
    assert not np.array_equal(result[:, mask], seen[:, mask])
    with pytest.raises(UsageError, match="0 to 500"):
        cleanplate.erase(seen, mask=mask, grow=1e9)


def test_a_stream_is_not_read_to_its_end_at_once(shot):
    seen, masks, _ = shot
    read = []

    def endless():
        while True:
            for frame in seen:
                read.append(1)
                yield frame

    mask = masks[0]
    stream = cleanplate.erase(endless(), mask=mask, quality="draft")
    for _ in range(4):
        next(stream)
    assert len(read) < 400
    stream.close()


def test_nothing_crosses_a_cut_in_a_stream():
    clean = generated.pan("coffee", 16) + generated.pan("astronaut", 16)
    seen, masks = generated.with_disc(clean)
    together = cleanplate.erase(np.stack(seen), mask=np.stack(masks))
    apart = cleanplate.erase(np.stack(seen[16:]), mask=np.stack(masks[16:]))
    assert np.array_equal(together[16:], apart)


def test_cancelling(shot):
    seen, masks, _ = shot
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        cleanplate.erase(seen, mask=masks, cancel=cancel)


def test_what_does_not_fit_is_refused(shot):
    seen, masks, _ = shot
    with pytest.raises(MaskError, match="4 masks"):
        cleanplate.erase(seen, mask=masks[:4])
    with pytest.raises(MaskError, match="same size"):
        cleanplate.erase(seen, mask=masks[:, :50])
    with pytest.raises(MediaError, match="RGB"):
        list(cleanplate.erase([np.zeros((8, 8), np.uint8)], mask=np.zeros((8, 8), bool)))
    for call in (cleanplate.erase, cleanplate.cutout):
        with pytest.raises(UsageError, match="is a file"):
            call("clip.mp4", "out.mp4", mask=masks[0])
    with pytest.raises(UsageError, match="give mask="):
        cleanplate.cutout(seen)
    with pytest.raises(UsageError, match="leave the output out"):
        cleanplate.erase(seen, "out.mp4", mask=masks)
    with pytest.raises(UsageError, match="quality"):
        cleanplate.erase(seen, mask=masks, quality="perfect")
    with pytest.raises(UsageError, match="output"):
        cleanplate.erase("clip.mp4", mask="m.png")
