"""What goes wrong: reloads, a server that is killed, a connection that is cut, files that are no
clips."""

from __future__ import annotations

import shutil
import struct

import numpy as np
from generated import pictures
from servers import Scene


def export(editing) -> None:
    editing.keys("Control+e")
    editing.page.get_by_text("every timestamp").wait_for()
    editing.page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()


def check_export(editing, scene: Scene) -> None:
    done = editing.job("export", "done", "failed")
    assert done["state"] == "done", done
    got = pictures(done["result"]["path"])
    assert len(got) == len(scene.frames)
    green = np.array([20, 230, 40])
    for frame, mask in zip(got, scene.masks, strict=True):
        assert np.abs(frame[mask].astype(int) - green).mean() > 40


def test_reload_in_the_middle_of_a_job(editing, masked, scene):
    editing.open_project(masked)
    export(editing)
    editing.page.reload()
    editing.ready()
    check_export(editing, scene)
    editing.page.get_by_role("button", name="Queue").click()
    editing.page.get_by_role("button", name="Download Disc.mp4").wait_for()


def test_server_killed_and_restarted_in_the_middle_of_a_job(editing, masked, scene):
    editing.open_project(masked)
    export(editing)
    editing.job("export", "running")
    port = editing.server.address.rsplit(":", 1)[1]
    editing.server.kill()
    editing.page.get_by_text("Cleanplate does not answer").wait_for()
    editing.server.start("--port", port)
    editing.page.get_by_text("Cleanplate does not answer").wait_for(state="detached")
    check_export(editing, scene)
    editing.page.get_by_text("Disc.mp4 is ready").wait_for()


def test_half_a_gigabyte_cut_off_and_resumed(editing, scene, tmp_path):
    # A clip with a long stretch of nothing behind it, which takes no room on the disk.
    big = tmp_path / "big.mp4"
    shutil.copy(scene.path, big)
    size = 500_000_000
    with open(big, "r+b") as file:
        start = file.seek(0, 2)
        file.write(struct.pack(">I4s", size - start, b"free"))
        file.truncate(size)

    page = editing.page
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: (
            request.method == "PATCH" and offsets.append(int(request.headers["upload-offset"]))
        ),
    )
    port = editing.server.address.rsplit(":", 1)[1]
    page.get_by_label("Clip to open").set_input_files(big)
    editing.until(lambda: len(offsets), lambda count: count >= 6)
    editing.server.kill()
    page.get_by_text("goes on by itself").wait_for()
    sent = len(offsets)
    editing.server.start("--port", port)
    editing.page.wait_for_url("**/p/*", timeout=90_000)
    editing.ready()
    assert min(offsets[sent:]) >= offsets[3], "it began again from the start"
    assert editing.project["clip"]["bytes"] == size


def test_a_file_that_is_no_clip_is_refused_with_words(editing, tmp_path):
    bad = tmp_path / "notes.mp4"
    bad.write_bytes(b"These are my notes, not a film. " * 200)
    page = editing.page
    page.get_by_label("Clip to open").set_input_files(bad)
    alert = page.get_by_role("alert").filter(has_text="notes.mp4")
    alert.wait_for()
    assert len(alert.inner_text()) > 60
    page.get_by_role("button", name="Back").click()
    page.get_by_role("heading", name="Drop a clip here").wait_for()

    empty = tmp_path / "empty.mp4"
    empty.touch()
    page.get_by_label("Clip to open").set_input_files(empty)
    page.get_by_text("The file is empty").wait_for()
