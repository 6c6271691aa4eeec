"""The commands that start the server."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import httpx
import pytest
from servers import API, TOKEN, wait_for


def cleanplate(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cleanplate", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_the_description_is_written_to_a_file(tmp_path):
    done = cleanplate("serve", "--openapi", tmp_path / "api.json")
    assert done.returncode == 0, done.stderr
    description = json.loads((tmp_path / "api.json").read_text())
    assert f"{API}/projects/{{project}}/objects/{{number}}/prompt" in description["paths"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--host", "0.0.0.0"], "--password"),
        (["serve", "--key", "k.pem"], "--certificate"),
        (["serve", "--certificate", "no.pem"], "no.pem cannot be used"),
        (["serve", "--certificate", __file__], "--key"),
        (["edit", "no-such.mp4"], "does not exist"),
        (["edit", __file__], "test_commands.py"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_started(arguments, words, workspace):
    done = cleanplate(*arguments, "--no-open", "--folder", workspace)
    assert done.returncode != 0
    assert words in done.stderr and "Traceback" not in done.stderr


def test_edit_opens_a_clip_as_a_new_project(workspace, scene):
    """It prints the page's address with the token; a second one joins the server that runs."""
    command = [sys.executable, "-m", "cleanplate", "edit", "--no-open", "--folder", str(workspace)]
    environment = {**os.environ, "CLEANPLATE_TOKEN": TOKEN}
    server = subprocess.Popen(
        [*command, "--port", "0", str(scene.path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        address = server.stdout.readline().split()[-1]
        home, _, rest = address.partition("/p/")
        project, _, token = rest.partition("?token=")
        assert token == TOKEN
        client = httpx.Client(base_url=home, headers={"Authorization": f"Bearer {TOKEN}"})
        opened = client.get(f"{API}/projects/{project}").json()
        assert (opened["name"], opened["clip"]["frames"]) == ("disc", 14)
        running = workspace / ".cleanplate" / "running.json"
        secret = workspace / ".cleanplate" / "secret"
        client.get(f"{API}/projects", params={"token": token}, headers={"Authorization": ""})
        for private in (running, secret):
            assert stat.S_IMODE(private.stat().st_mode) == 0o600
        joined = cleanplate("edit", "--no-open", "--folder", workspace, opened_folder(workspace))
        assert joined.returncode == 0, joined.stderr
        assert joined.stdout.split()[-1] == address
        refused = cleanplate("serve", "--no-open", "--folder", workspace, "--port", "0")
        assert refused.returncode == 2 and home in refused.stderr
    finally:
        server.terminate()
        server.wait(20)
    wait_for(running.exists, lambda there: not there, 5)


def opened_folder(workspace):
    (folder,) = workspace.glob("[!.]*.cleanplate")
    return folder


def test_a_port_that_is_taken_is_said_or_passed_by(running, workspace, tmp_path):
    running.start()
    port = running.address.rsplit(":", 1)[1]
    other = tmp_path / "other"
    done = cleanplate("serve", "--no-open", "--folder", other, "--port", port)
    assert done.returncode == 2 and f"port {port}" in done.stderr


def test_it_serves_over_https_with_a_certificate(workspace, tmp_path):
    import trustme

    authority = trustme.CA()
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "server.pem"
    )
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "cleanplate", "serve", "--no-open", "--port", "0"),
            *("--folder", workspace, "--certificate", tmp_path / "server.pem"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CLEANPLATE_TOKEN": TOKEN},
    )
    try:
        address = server.stdout.readline().split()[-1]
        assert address.startswith("https://127.0.0.1:")
        answer = httpx.get(address, verify=str(tmp_path / "ca.pem"), follow_redirects=False)
        assert answer.status_code == 303 and "Secure" in answer.headers["set-cookie"]
    finally:
        server.terminate()
        server.wait(20)
