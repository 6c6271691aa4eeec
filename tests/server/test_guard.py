"""Who is let in, and what the answers tell a browser."""

from __future__ import annotations

import dataclasses

import pytest
from fastapi.testclient import TestClient
from servers import API, TOKEN, client_of

from cleanplate.errors import UsageError
from cleanplate.server.app import create_app
from cleanplate.server.settings import ServerSettings

HOME = "http://127.0.0.1:8427"


@pytest.fixture
def stranger(settings):
    """A browser that has no token."""
    with TestClient(create_app(settings), base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "cleanplate-8427=9999999999.x"}]
)
def test_nobody_comes_in_without_the_token(stranger, headers):
    answer = stranger.get(f"{API}/projects", headers=headers)
    assert answer.status_code == 401
    assert "token" in answer.json()["error"]["remedy"]
    assert stranger.get(f"{API}/openapi.json", headers=headers).status_code == 401


def test_a_token_in_the_address_becomes_a_cookie_that_pages_cannot_read(stranger):
    answer = stranger.get(f"/p/abcd?token={TOKEN}&zoom=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/p/abcd?zoom=2")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert stranger.get(f"{API}/projects").status_code == 200


def test_a_redirect_never_leads_elsewhere(stranger):
    answer = stranger.get(f"//evil.example/?token={TOKEN}")
    assert not answer.headers.get("location", "/").startswith("//")


def test_an_open_browser_is_still_known_after_a_restart(stranger, settings):
    stranger.get(f"/?token={TOKEN}")
    later = dataclasses.replace(settings, token="another")
    with TestClient(create_app(later), base_url=HOME, cookies=stranger.cookies) as client:
        assert client.get(f"{API}/projects").status_code == 200
        assert client.get(f"{API}/projects?token={TOKEN}", cookies={}).status_code == 200
    with TestClient(create_app(later), base_url=HOME) as client:
        assert client.get(f"{API}/projects?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8427", "", "192.168.1.5"])
def test_a_foreign_name_is_not_answered(client, host):
    for path in (f"{API}/projects", "/"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 403, path


@pytest.mark.parametrize("host", ["localhost:8427", "127.0.0.1:8427", "[::1]:8427"])
def test_this_machines_own_names_are(client, host):
    assert client.get(f"{API}/projects", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_can_do_nothing(client, headers):
    assert client.get(f"{API}/projects", headers=headers).status_code == 403
    made = client.post(f"{API}/projects", json={"sample": True}, headers=headers)
    assert made.status_code == 403
    assert client.get(f"{API}/projects").json() == []


def test_a_link_from_elsewhere_may_open_a_page_and_no_more(client):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code != 403
    assert client.get(f"{API}/projects", headers=link).status_code == 403


def test_own_pages_may(client):
    own = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}
    assert client.get(f"{API}/projects", headers=own).status_code == 200


def test_answers_tell_browsers_what_they_may_do(client):
    for path in ("/", f"{API}/projects", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/../pages.py",
        "/..%2fpages.py",
        "/assets/../../app.py",
        "/%2e%2e/%2e%2e/errors.py",
        "//etc/passwd",
    ],
)
def test_pages_come_from_their_own_folder_only(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 503)
    assert "import" not in answer.text


def test_listening_to_others_needs_a_password_or_a_certificate(workspace):
    with pytest.raises(UsageError, match="--password"):
        ServerSettings(folder=workspace, host="0.0.0.0")
    assert not ServerSettings(folder=workspace, host="0.0.0.0", password="x").loopback


class TestPassword:
    @pytest.fixture
    def guest(self, workspace):
        settings = ServerSettings(
            folder=workspace, token=TOKEN, host="0.0.0.0", password="open sesame"
        )
        with TestClient(
            create_app(settings), base_url="http://192.168.1.5:8427", follow_redirects=False
        ) as client:
            yield client

    def test_lets_in(self, guest):
        assert guest.get(f"{API}/projects").status_code == 401
        assert "password" in guest.get("/login").text
        assert guest.post("/login", data={"password": "wrong"}).status_code == 401
        assert guest.post("/login", data={"password": "open sesame"}).status_code == 303
        assert guest.get(f"{API}/projects").status_code == 200

    def test_cannot_be_tried_for_ever(self, guest):
        answers = [guest.post("/login", data={"password": str(i)}).status_code for i in range(7)]
        assert answers == [401] * 5 + [429] * 2
        assert guest.post("/login", data={"password": "open sesame"}).status_code == 429

    def test_does_not_answer_to_foreign_names(self, guest):
        assert guest.get("/login", headers={"Host": "evil.example"}).status_code == 403


def test_a_missing_editor_says_how_to_build_it(settings, monkeypatch, tmp_path):
    from cleanplate.server import pages

    monkeypatch.setattr(pages, "STATIC", tmp_path)
    with client_of(settings) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "pip install" in answer.text


def test_the_editors_files_are_served(settings, monkeypatch, tmp_path):
    from cleanplate.server import pages

    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>the editor</p>")
    (tmp_path / "assets" / "a1b2.js").write_text("1")
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    with client_of(settings) as client:
        for path in ("/", "/p/k3v9p2ma"):
            page = client.get(path)
            assert (page.text, page.headers["cache-control"]) == ("<p>the editor</p>", "no-cache")
        script = client.get("/assets/a1b2.js")
        assert "javascript" in script.headers["content-type"]
        assert "immutable" in script.headers["cache-control"]
        assert client.get("/assets/none.js").status_code == 404


def test_requests_are_bounded(client, at):
    """With a length or without, before anything of it is understood."""
    body = b'{"name": "' + b"x" * (33 << 20) + b'"}'
    for content in (body, iter([body])):
        answer = client.post(f"{at}/objects", content=content)
        assert answer.status_code == 413
        assert "uploads" in answer.json()["error"]["message"]
