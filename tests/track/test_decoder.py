"""The cut decoder answers as the exported one does."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models.sessions import expose
from cleanplate.track.decoder import TAPS, cut
from cleanplate.track.network import LOGITS, NETWORK, Network
from cleanplate.track.window import whole


@pytest.fixture(scope="module")
def name(network):
    return network(NETWORK)


def _whole_decoder(name):
    return models.session(name, "decoder.onnx", edit=("whole", lambda model: expose(model, TAPS)))


def _asked(look, box):
    rows, columns = look.embedding.shape[2:]
    padded = np.zeros((1, 256, 64, 64), np.float32)
    padded[..., :rows, :columns] = look.embedding
    return {
        "image_embeddings": padded,
        "point_coords": ((np.float32(box).reshape(2, 2) + 0.5) * look.scale)[None],
        "point_labels": np.float32([[2, 3]]),
        "mask_input": np.zeros((1, 1, LOGITS, LOGITS), np.float32),
        "has_mask_input": np.float32([0]),
        "orig_im_size": np.float32([1024, 1024]),
    }


def _box_of_the_cat():
    return np.float32([0, 0, 450, 300])


def test_where_all_cells_are_seen_nothing_changes(name):
    photo = data.chelsea()[:, 50:350]
    look = Network(1024 * 1024).look(photo, whole(photo.shape[:2]))
    box = np.float32([20, 5, 280, 290])
    nowhere, none = np.zeros((0, 2)), np.zeros(0, bool)
    expected = _whole_decoder(name).run(_asked(look, box))
    reply = Network(1024 * 1024).masks(look, nowhere, none, box)
    np.testing.assert_allclose(reply.logits, expected["masks"][0], atol=1e-3)
    np.testing.assert_allclose(reply.scores, expected["scores"][0], atol=1e-4)


def test_fewer_cells_give_nearly_the_same_mask_and_nothing_beyond_them(name):
    photo = data.chelsea()
    network = Network(768 * 768)
    look = network.look(photo, whole(photo.shape[:2]))
    rows, columns = look.cells.shape[:2]
    assert rows < 64
    nowhere, none = np.zeros((0, 2)), np.zeros(0, bool)
    found = network.masks(look, nowhere, none, _box_of_the_cat()).logits[0] > 0
    expected = _whole_decoder(name).run(_asked(look, _box_of_the_cat()))["masks"][0, 0] > 0
    assert not found[4 * rows :].any() and not found[:, 4 * columns :].any()
    expected[4 * rows :], expected[:, 4 * columns :] = False, False
    assert (found & expected).sum() > 0.9 * (found | expected).sum()


def test_another_graph_is_refused(name):
    def other(model):
        places = [n for n in model.graph.node if n.op_type == "Constant"]
        for node in places:
            model.graph.node.remove(node)
        cut(model, 8, 8)

    with pytest.raises(ModelError, match="cut to other sizes"):
        models.session(name, "decoder.onnx", edit=("spoiled", other))
