"""What was corrected in the editor, kept as examples to learn from."""

from __future__ import annotations

import pytest
from servers import API, finished

from cleanplate.engine.teaching import TrainingSet
from cleanplate.segment import rle


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("CLEANPLATE_CUSTOM", str(tmp_path / "networks"))


@pytest.fixture
def paint(client, at, scene):
    """Paint the only object's mask on a frame; `of` is the frame that it is the mask of."""
    client.post(f"{at}/objects", json={"name": "Boom, left"})

    def go(frame: int, of: int | None = None) -> None:
        painted = {"mask": rle.encode(scene.masks[frame if of is None else of])}
        client.put(f"{at}/objects/1/keys/{frame}", json=painted)

    return go


def test_corrections_are_added_with_one_action(client, at, paint, scene):
    paint(2)
    paint(7)
    assert client.get(f"{API}/training-sets").json() == []
    done = client.post(f"{at}/objects/1/examples", json={})
    assert done.status_code == 201, done.text
    learned = {"name": "boom-left", "examples": 2, "least": 5, "trained": False}
    assert done.json() == {"new": 2, "known": 0, "set": learned}
    assert client.get(f"{API}/training-sets").json() == [learned]
    paint(7, of=8)
    again = client.post(f"{at}/objects/1/examples", json={"name": "boom-left"}).json()
    assert (again["new"], again["known"], again["set"]["examples"]) == (1, 1, 2)
    masks = [example.mask.sum() for example in TrainingSet("boom-left").read()]
    assert masks == [scene.masks[2].sum(), scene.masks[8].sum()]


def test_too_few_examples_are_said_before_anything_is_taught(client, at, paint):
    paint(2)
    client.post(f"{at}/objects/1/examples", json={"name": "boom"})
    few = client.post(f"{API}/training-sets/boom/train")
    assert few.status_code == 409 and "5 are the least" in few.json()["error"]["message"]
    none = client.post(f"{API}/training-sets/rig/train")
    assert none.status_code == 404
    assert client.get(f"{API}/jobs").json() == []


def test_teaching_is_a_job_that_can_be_stopped(client, at, paint):
    for frame in range(5):
        paint(frame)
    client.post(f"{at}/objects/1/examples", json={"name": "boom"})
    job = client.post(f"{API}/training-sets/boom/train").json()
    assert (job["kind"], job["title"]) == ("train", "Teach boom")
    client.post(f"{API}/jobs/{job['id']}/cancel")
    assert finished(client, job)["state"] == "cancelled"


def test_a_set_in_whose_place_another_network_was_put_does_not_hide_the_others(
    client, at, paint, tmp_path
):
    paint(2)
    for name in ("boom", "rig"):
        client.post(f"{at}/objects/1/examples", json={"name": name})
    (tmp_path / "networks/rig/network.json").write_text("damaged")
    assert [found["name"] for found in client.get(f"{API}/training-sets").json()] == ["boom"]


@pytest.mark.parametrize(
    ("number", "body", "status", "says"),
    [
        (1, {}, 422, "no masks yet"),
        (9, {}, 404, "no object 9"),
        (1, {"name": "minisam"}, 422, "catalogue"),
        (1, {"name": "../up"}, 422, "no masks yet"),
        (1, {"name": "%%"}, 422, "no name for a network"),
    ],
)
def test_what_cannot_be_added_is_said(client, at, tmp_path, number, body, status, says):
    client.post(f"{at}/objects", json={"name": "Boom"})
    done = client.post(f"{at}/objects/{number}/examples", json=body)
    assert done.status_code == status and says in done.json()["error"]["message"]
    assert not list((tmp_path / "networks").rglob("*.jpg"))
