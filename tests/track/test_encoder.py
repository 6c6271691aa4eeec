"""The re-cut encoder sees what the exported one sees."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from cleanplate import models
from cleanplate.segment.segmenter import network_input
from cleanplate.track.network import NETWORK, Network
from cleanplate.track.window import Window, whole


@pytest.fixture(scope="module")
def name(network):
    return network(NETWORK)


def test_at_its_own_size_nothing_changes(name):
    photo = data.chelsea()
    given = {"input": network_input(photo)}
    before = models.session(name, "encoder.onnx").run(given)["output"]
    after = Network(1024 * 1024)._encode(given["input"])["embedding"]
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_a_window_of_any_shape_is_seen(name):
    network = Network(256 * 256)
    photo = data.chelsea()
    for window in (whole(photo.shape[:2]), Window(100, 20, 64, 200), Window(5, 7, 1, 1)):
        look = network.look(photo, window)
        rows, columns = look.cells.shape[:2]
        assert look.cells.shape == (rows, columns, 864)
        assert look.embedding.shape == (1, 256, rows, columns)
        assert look.span[0] <= rows + 0.5 and look.span[1] <= columns + 0.5
        centre = [[window.x + window.width / 2, window.y + window.height / 2]]
        reply = network.masks(look, np.array(centre), np.array([True]))
        assert reply.logits.shape == (4, 256, 256) and np.isfinite(reply.logits).all()
