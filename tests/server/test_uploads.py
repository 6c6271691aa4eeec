"""Clips come in by pieces, and nothing of them ends up where it should not."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections import namedtuple

import pytest
from servers import API, bring, client_of, send, start, wait_for

from cleanplate.server.workspace import safe_name

Usage = namedtuple("Usage", "total used free")


def test_a_clip_comes_in_by_pieces_and_becomes_a_project(client, scene, workspace):
    upload = bring(client, scene.path.read_bytes(), "My disc.mp4")
    made = client.post(f"{API}/projects", json={"upload": upload["id"]})
    assert made.status_code == 201
    project = made.json()
    assert (project["name"], project["clip"]["frames"]) == ("My disc", len(scene.frames))
    assert (workspace / "Clips" / "My disc.mp4").read_bytes() == scene.path.read_bytes()
    assert client.get(f"{API}/uploads/{upload['id']}").status_code == 404


def test_an_upload_goes_on_where_it_was_cut_off(settings, scene):
    data = scene.path.read_bytes()
    with client_of(settings) as client:
        upload = start(client, "a.mp4", len(data), fingerprint="changed 1").json()
        send(client, upload, 0, data[:1000])
    with client_of(settings) as client:  # the server was started anew, the page reloaded
        again = start(client, "a.mp4", len(data), fingerprint="changed 1").json()
        assert (again["id"], again["offset"]) == (upload["id"], 1000)
        wrong = send(client, again, 400, data[400:])
        assert wrong.status_code == 409 and wrong.headers["upload-offset"] == "1000"
        assert send(client, again, 1000, data[1000:]).json()["complete"]
        other = start(client, "a.mp4", len(data), fingerprint="changed 2").json()
        assert other["id"] != upload["id"]


def test_what_came_before_a_cut_is_kept(running, scene):
    """The connection breaks in the middle of a piece."""
    import http.client
    import socket

    client = running.start()
    upload = start(client, "a.mp4", 1 << 20).json()
    host, port = running.address.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.putrequest("PATCH", f"{API}/uploads/{upload['id']}")
    connection.putheader("Authorization", client.headers["authorization"])
    connection.putheader("Upload-Offset", "0")
    connection.putheader("Content-Length", str(1 << 20))
    connection.endheaders(b"x" * 5000)
    time.sleep(1)  # they are on their way into the server, where nobody can look
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    found = wait_for(
        lambda: client.get(f"{API}/uploads/{upload['id']}").json(), lambda u: u["offset"] > 0
    )
    assert found["offset"] == 5000
    # The server may take a moment more to be done with the first piece.
    wait_for(lambda: send(client, upload, 5000, b"y" * 100).status_code, lambda code: code == 200)


def test_more_than_was_said_is_refused(client):
    upload = start(client, size=10).json()
    assert send(client, upload, 0, b"x" * 11).status_code == 413


def test_an_incomplete_upload_is_no_project(client):
    upload = start(client, size=10).json()
    answer = client.post(f"{API}/projects", json={"upload": upload["id"]})
    assert answer.status_code == 409 and "0 of 10 bytes" in answer.json()["error"]["message"]


def test_too_large_a_file_is_refused_before_it_comes(settings):
    with client_of(dataclasses.replace(settings, upload_limit=1000)) as client:
        answer = start(client, size=1001)
        assert answer.status_code == 413
        assert answer.json()["error"]["field"] == "size"
        assert client.get(f"{API}/session").json()["limits"]["upload"] <= 1000


def test_a_disk_without_room_is_noticed_before_it_is_full(client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(9 << 30, 8 << 30, 1 << 30))
    answer = start(client, size=5 << 20)
    assert answer.status_code == 507 and "--folder" in answer.json()["error"]["remedy"]


def test_a_bad_file_is_explained_and_forgotten(client, workspace):
    upload = bring(client, b"this is no video at all" * 100, "fake.mp4")
    answer = client.post(f"{API}/projects", json={"upload": upload["id"]})
    assert answer.status_code == 422
    assert "fake.mp4" in answer.json()["error"]["message"]
    assert str(workspace) not in answer.json()["error"]["message"]
    assert not list((workspace / "Clips").iterdir())
    assert client.get(f"{API}/projects").json() == []


def test_a_dropped_upload_is_gone(client, settings):
    upload = start(client).json()
    assert client.delete(f"{API}/uploads/{upload['id']}").status_code == 204
    assert not list((settings.hidden / "uploads").iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "../../../tmp/evil.mp4", "..\\..\\evil.mp4", "/etc/evil.mp4", "C:\\evil.mp4", "a\x00b.mp4",
        ".hidden.mp4", "con.mp4", "a" * 250 + ".mp4", "..", "\u202egpm.mp4", "a:b?.mp4",
    ],
)  # fmt: skip
def test_a_strangers_file_name_stays_in_its_folder(client, scene, workspace, name):
    before = {path for path in workspace.parent.rglob("*")}
    upload = bring(client, scene.path.read_bytes(), name)
    project = client.post(f"{API}/projects", json={"upload": upload["id"]}).json()
    came = {path for path in workspace.parent.rglob("*")} - before
    assert all(path.is_relative_to(workspace) for path in came)
    assert (workspace / "Clips" / project["clip"]["name"]).is_file()


def test_names_are_kept_where_they_can_be():
    assert safe_name("Zoë am Strand.mp4", "clip") == "Zoë am Strand.mp4"
    assert safe_name("", "clip") == "clip"
    assert len(os.fsencode(safe_name("漢" * 300 + ".mp4", "clip"))) < 255
