"""Objects and their masks: painted, shown, edged, merged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from servers import API

from cleanplate.segment import edges, rle


@pytest.fixture
def ball(client, at, scene):
    """An object whose mask is painted on frame 4."""
    client.post(f"{at}/objects", json={"name": "Ball", "colour": "#123abc"})
    painted = {"mask": rle.encode(scene.masks[4])}
    return client.put(f"{at}/objects/1/keys/4", json=painted).json()["objects"][0]


def masks_of(client, at, frame, **query):
    return client.get(f"{at}/masks/{frame}", params=query).json()["objects"]


def test_a_painted_mask_comes_back_as_it_was(client, at, ball, scene):
    assert (ball["name"], ball["colour"], ball["tracked"]) == ("Ball", "#123abc", [[4, 5]])
    assert ball["keys"] == [{"frame": 4, "prompts": None}]
    one = masks_of(client, at, 4)["1"]
    assert (one["source"], one["score"]) == ("key", None)
    assert np.array_equal(rle.decode(one["mask"]), scene.masks[4])
    assert masks_of(client, at, 5) == {}


def test_masks_come_as_a_picture_too(client, at, ball, scene):
    answer = client.get(f"{at}/masks/4", headers={"Accept": "image/png"})
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(picture, scene.masks[4].astype(np.uint8))


def test_a_stretch_of_masks_comes_at_once(client, at, ball):
    found = client.get(f"{at}/masks", params={"first": 0, "end": 10}).json()
    assert list(found["frames"]) == ["4"]
    assert client.get(f"{at}/masks", params={"first": 0, "end": 99}).status_code == 422


def test_an_edge_is_tried_and_then_set(client, at, ball, scene):
    grown = edges.grow(scene.masks[4], 3)
    tried = client.post(f"{at}/objects/1/edge", json={"frame": 4, "edge": {"grow": 3}}).json()
    assert np.array_equal(rle.decode(tried["mask"]), grown)
    assert client.get(at).json()["objects"][0]["edge"]["grow"] == 0
    client.patch(f"{at}/objects/1", json={"edge": {"grow": 3}})
    assert np.array_equal(rle.decode(masks_of(client, at, 4, edges=True)["1"]["mask"]), grown)
    assert np.array_equal(rle.decode(masks_of(client, at, 4)["1"]["mask"]), scene.masks[4])


def test_confidence_names_the_weakest_frame(client, at, ball, scene):
    sure = client.get(f"{at}/objects/1/confidence").json()
    assert len(sure["scores"]) == len(scene.frames)
    assert (sure["scores"][4], sure["scores"][5], sure["weakest"]) == (1, None, 4)


def test_two_objects_become_one(client, at, ball, scene):
    made = client.post(
        f"{at}/objects/from-candidate",
        json={"frame": 4, "mask": rle.encode(scene.masks[9]), "label": "sports ball"},
    ).json()
    assert [one["name"] for one in made["objects"]] == ["Ball", "Sports ball"]
    merged = client.post(f"{at}/objects/2/merge", json={"into": 1}).json()
    assert [one["id"] for one in merged["objects"]] == [1]
    both = rle.decode(masks_of(client, at, 4)["1"]["mask"])
    assert np.array_equal(both, scene.masks[4] | scene.masks[9])
    assert merged["can_undo"] == "merge Sports ball into Ball"
    assert len(client.post(f"{at}/undo").json()["objects"]) == 2


def test_keys_and_objects_go(client, at, ball):
    assert client.delete(f"{at}/objects/1/keys/5").status_code == 404
    assert client.delete(f"{at}/objects/1/keys/4").json()["objects"][0]["keys"] == []
    assert client.delete(f"{at}/objects/1").json()["objects"] == []
    assert client.delete(f"{at}/objects/1").status_code == 404


def test_properties_of_an_object(client, at, ball):
    change = {"name": "Green", "visible": False, "locked": True, "action": "cutout"}
    one = client.patch(f"{at}/objects/1", json=change).json()["objects"][0]
    assert {name: one[name] for name in change} == change
    assert client.patch(f"{at}/objects/1", json={"colour": "red"}).status_code == 422


@pytest.mark.parametrize(
    "mask",
    [
        {"size": [96, 161], "counts": "0"},
        {"size": [96, 160], "counts": "ooooooooooooooooooo"},
        {"size": [96, 160], "counts": "11"},
        {"size": [96, 160], "counts": "o" * 5000},
        {"size": [96, 160], "counts": "né"},
    ],
)
def test_damaged_masks_are_refused(client, at, mask):
    client.post(f"{at}/objects", json={})
    answer = client.put(f"{at}/objects/1/keys/0", json={"mask": mask})
    assert answer.status_code == 422, answer.text


def test_frames_that_are_not_there(client, at, scene):
    client.post(f"{at}/objects", json={})
    painted = {"mask": rle.encode(scene.masks[0])}
    assert client.put(f"{at}/objects/1/keys/14", json=painted).status_code == 404
    assert client.put(f"{at}/objects/2/keys/1", json=painted).status_code == 404
    assert client.get(f"{at}/masks/14").status_code == 404
    assert client.get(f"{API}/projects/nosuch/masks/0").status_code == 404
