"""Projects are made, opened, changed, undone, by several at once."""

from __future__ import annotations

import numpy as np
import pytest
from servers import API, client_of, masked_project

from cleanplate.project import Project, SetSettings
from cleanplate.segment import rle
from cleanplate.server.settings import ServerSettings


def test_a_clip_of_the_workspace_becomes_a_project(client, project, scene):
    clip = project["clip"]
    height, width = scene.frames[0].shape[:2]
    assert (clip["width"], clip["height"], clip["frames"]) == (width, height, len(scene.frames))
    assert (clip["rate"], clip["has_audio"], clip["codec"]) == (12, True, "h264")
    (listed,) = client.get(f"{API}/projects").json()
    assert (listed["id"], listed["clip"]) == (project["id"], clip)
    assert client.get(listed["thumbnail"]).headers["content-type"] == "image/jpeg"


def test_a_second_project_of_a_name_gets_a_number(client, project):
    again = client.post(f"{API}/projects", json={"path": "disc.mp4"}).json()
    assert (project["name"], again["name"]) == ("disc", "disc 2")


@pytest.mark.parametrize(
    "path", ["../outside.mp4", "/etc/passwd", "~", "link.mp4", ".cleanplate/secret"]
)
def test_paths_outside_the_workspace_are_refused(client, workspace, scene, path):
    outside = workspace.parent / "outside.mp4"
    outside.write_bytes(scene.path.read_bytes())
    (workspace / "link.mp4").symlink_to(outside)
    client.get(f"{API}/projects?token=x")
    answer = client.post(f"{API}/projects", json={"path": path})
    assert answer.status_code == 403, answer.text
    missing = client.post(f"{API}/projects", json={"path": str(outside.with_name("no.mp4"))})
    assert missing.json()["error"]["message"].startswith(str(outside.with_name("no.mp4")))


def test_what_was_named_on_the_command_line_may_lie_anywhere(workspace, scene):
    settings = ServerSettings(folder=workspace, token="t", allowed=(scene.path,))
    with client_of(settings) as client:
        made = client.post(f"{API}/projects", json={"path": str(scene.path)})
        assert made.status_code == 201
        beside = client.post(f"{API}/projects", json={"path": str(scene.path.parent)})
        assert beside.status_code == 403


def test_a_name_can_be_changed_and_kept(client, at, project, workspace):
    assert client.patch(at, json={"name": "Green disc"}).json()["name"] == "Green disc"
    assert (workspace / "Green disc.cleanplate" / "project.json").is_file()
    assert client.get(at).json()["clip"] == project["clip"]
    assert client.patch(at, json={"name": "../up"}).status_code == 422
    client.post(f"{API}/projects", json={"path": "disc.mp4"})
    assert client.patch(at, json={"name": "disc"}).status_code == 409


def test_a_deleted_project_goes_into_the_trash(client, at, settings, clip):
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404
    assert client.get(f"{API}/projects").json() == []
    assert (settings.hidden / "trash" / "disc.cleanplate" / "project.json").is_file()
    assert clip.exists()


def test_everything_can_be_undone_in_words(client, at):
    client.post(f"{at}/objects", json={"name": "Ball"})
    client.patch(f"{at}/objects/1", json={"edge": {"grow": 3}})
    changed = client.patch(f"{at}/objects/1", json={"action": "keep"}).json()
    assert changed["can_undo"] == "keep Ball"
    undone = client.post(f"{at}/undo").json()
    assert (undone["can_undo"], undone["can_redo"]) == ("change the edge of Ball", "keep Ball")
    assert undone["objects"][0]["action"] == "erase"
    assert client.post(f"{at}/redo").json()["objects"][0]["action"] == "keep"
    for _ in range(3):
        last = client.post(f"{at}/undo").json()
    assert (last["objects"], last["can_undo"], last["can_redo"]) == ([], None, "add Ball")
    empty = client.post(f"{at}/undo")
    assert (empty.status_code, empty.json()["error"]["revision"]) == (409, last["revision"])


def test_of_two_tabs_the_second_is_told(client, at, project):
    seen = {"If-Match": str(project["revision"])}
    assert client.post(f"{at}/objects", json={"name": "Mine"}, headers=seen).status_code == 201
    late = client.post(f"{at}/objects", json={"name": "Yours"}, headers=seen)
    assert late.status_code == 409
    assert late.json()["error"]["revision"] == project["revision"] + 1
    assert "another tab" in late.json()["error"]["message"]
    assert [one["name"] for one in client.get(at).json()["objects"]] == ["Mine"]
    assert client.patch(at, json={"name": "Mine"}, headers=seen).status_code == 409
    assert client.delete(at, headers=seen).status_code == 409
    assert client.post(f"{at}/undo", headers={"If-Match": "tea"}).status_code == 422


def test_what_the_command_line_changes_is_seen(client, at, workspace):
    Project.open(workspace / "disc.cleanplate").edit(SetSettings(grow=7))
    assert client.get(at).json()["settings"]["grow"] == 7


def test_in_and_out_are_kept_and_no_step_of_undo(client, at):
    assert client.patch(at, json={"range": [2, 9]}).json()["range"] == [2, 9]
    assert client.get(at).json()["can_undo"] is None
    assert client.patch(at, json={"range": [2, 99]}).status_code == 422
    assert client.patch(at, json={"range": None}).json()["range"] is None


def test_settings_change(client, at):
    client.patch(at, json={"settings": {"grow": 4, "quality": "best"}})
    settings = client.patch(at, json={"settings": {"feather": 2}}).json()["settings"]
    told = {name: value for name, value in settings.items() if value is not None}
    assert told == {"grow": 4, "feather": 2, "quality": "best"}


def test_a_project_whose_clip_is_gone_says_so(client, at, clip):
    clip.unlink()
    (listed,) = client.get(f"{API}/projects").json()
    assert listed["clip"] is None and "disc.mp4 is gone" in listed["trouble"]
    assert client.get(at).status_code == 409


def test_projects_of_the_command_line_are_found(client, workspace, scene):
    masked_project(workspace, scene)
    (listed,) = client.get(f"{API}/projects").json()
    address = f"{API}/projects/{listed['id']}"
    masks = client.get(f"{address}/masks/3").json()["objects"]["1"]
    assert masks["source"] == "given"
    assert np.array_equal(rle.decode(masks["mask"]), scene.masks[3])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"sample": True, "path": "disc.mp4"}, None),
        ({"path": "disc.mp4", "colour": 3}, "colour"),
        ({"upload": 7}, "upload"),
    ],
)
def test_a_wrong_request_names_its_field(client, body, field):
    answer = client.post(f"{API}/projects", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"].get("field") == field


def test_a_body_that_is_not_json_is_said_to_be_none(client):
    kinds = {"Content-Type": "application/json"}
    for body, headers in (
        (b"{'sample': true}", kinds),
        (b"", kinds),
        (b"[1]", kinds),
        (b"\xff{", kinds),
        (b'{"sample": true}', {"Content-Type": "text/plain"}),
    ):
        answer = client.post(f"{API}/projects", content=body, headers=headers)
        assert answer.status_code == 400
        assert "not a JSON object" in answer.json()["error"]["message"]
        assert "application/json" in answer.json()["error"]["remedy"]
    wrong = client.post(f"{API}/projects", json={"path": 3})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "path")
