"""Pictures and sound by address."""

from __future__ import annotations

import asyncio
import io
import time
import wave

import cv2
import numpy as np
import pytest
from generated import pan, pictures, psnr, write_clip
from servers import API, wait_for

from cleanplate.media import ClipReader, open_clip
from cleanplate.server.drafts import Drafts
from cleanplate.server.frames import Frames
from cleanplate.server.packing import pack, unpack
from cleanplate.server.pictures import unjpeg


def decoded(answer):
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def test_a_frame_is_the_clips(client, at, scene):
    for index, true in enumerate(pictures(scene.path)):
        shown = decoded(client.get(f"{at}/frames/{index}"))
        assert shown.shape == true.shape
        assert psnr(shown, true) > 30, index


def test_a_png_is_exact_in_any_order(client, at, scene):
    with open_clip(scene.path) as reader:
        true = [frame.image for frame in reader]
    for index in (9, 3, 13, 0, 4):
        shown = decoded(client.get(f"{at}/frames/{index}?format=png"))
        assert np.array_equal(shown, true[index]), index


def test_frames_come_no_larger_than_the_clip(client, at):
    assert decoded(client.get(f"{at}/frames/2?width=1280")).shape[1] == 160
    assert decoded(client.get(f"{at}/frames/2?width=80&format=png")).shape == (48, 80, 3)


def test_a_browser_may_keep_them(client, at, project):
    first = client.get(f"{at}/frames/2")
    assert first.headers["cache-control"] == "private, no-cache"
    again = client.get(f"{at}/frames/2", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    named = client.get(f"{at}/frames/2?v={project['clip']['version']}")
    assert "immutable" in named.headers["cache-control"]


def test_a_frame_behind_the_end_is_not_found(client, at):
    answer = client.get(f"{at}/frames/14")
    assert answer.status_code == 404
    assert "the clip's last is 13" in answer.json()["error"]["message"]


def test_the_clip_is_made_ready_while_it_is_looked_at(client, at, clip):
    client.get(f"{at}/frames/5")
    frames = client.app.state.services.frames
    assert frames.idle(20)
    clip.rename(clip.with_name("moved.mp4"))  # what is stored needs no clip to be decoded
    clip.with_name("moved.mp4").rename(clip)
    assert decoded(client.get(f"{at}/frames/11")).shape == (96, 160, 3)


def test_cuts_are_found_once_a_clip_is_ready(client, workspace, monkeypatch):
    services, told = client.app.state.services, []
    monkeypatch.setattr(services.hub, "publish", lambda event, channel: told.append(event))
    write_clip(workspace / "cut.mp4", [*pan("coffee", 20), *pan("astronaut", 20)])
    made = client.post(f"{API}/projects", json={"path": "cut.mp4"}).json()
    assert made["shots"] is None
    services.cuts.want(services.workspace.open(made["id"]))  # as one who listens to it does
    client.get(f"{API}/projects/{made['id']}/frames/30")
    wait_for(lambda: told, lambda told: any(event["type"] == "shots" for event in told))
    assert told[-1]["shots"] == [(0, 20), (20, 40)]
    assert client.get(f"{API}/projects/{made['id']}").json()["shots"] == [[0, 20], [20, 40]]


def test_something_is_at_hand_before_a_frame_is_decoded(client, workspace):
    true = pan("coffee", 20)
    write_clip(workspace / "fresh.mp4", true)
    made = client.post(f"{API}/projects", json={"path": "fresh.mp4"}).json()["id"]
    frames = client.app.state.services.frames
    clip = client.app.state.services.workspace.open(made).clip()
    wait_for(lambda: frames.drafts.nearest(clip, 19), lambda draft: draft and draft.frame == 19)
    answer = client.get(f"{API}/projects/{made}/frames/18/at-hand?width=160")
    shown = int(answer.headers["Shown-Frame"])
    assert abs(shown - 18) <= 1
    assert (answer.headers["Sharp"], answer.headers["Cache-Control"]) == ("0", "no-store")
    assert psnr(decoded(answer), true[shown]) > 24


def test_what_is_at_hand_is_the_frame_itself_once_it_is_made(client, at):
    own = client.get(f"{at}/frames/5?width=160")
    answer = client.get(f"{at}/frames/5/at-hand?width=160")
    assert (answer.headers["Sharp"], answer.headers["Shown-Frame"]) == ("1", "5")
    assert answer.content == own.content
    assert client.get(f"{at}/frames/14/at-hand").status_code == 404


def test_thumbnails_lie_side_by_side_in_order(client, at, scene):
    strip = decoded(client.get(f"{at}/strip?count=7&height=48"))
    assert strip.shape == (48, 80 * 7, 3)
    for place, index in enumerate(range(1, 14, 2)):
        small = cv2.resize(scene.frames[index], (80, 48), interpolation=cv2.INTER_AREA)
        assert psnr(strip[:, 80 * place : 80 * (place + 1)], small) > 24, index


def test_thumbnails_of_a_fresh_clip_are_of_the_right_places(client, workspace):
    true = pan("coffee", 60)
    write_clip(workspace / "long.mp4", true)
    made = client.post(f"{API}/projects", json={"path": "long.mp4"}).json()["id"]
    strip = decoded(client.get(f"{API}/projects/{made}/strip?count=5&height=48"))
    for place, index in enumerate(range(6, 60, 12)):
        shown = strip[:, 80 * place : 80 * (place + 1)]
        small = [cv2.resize(one, (80, 48), interpolation=cv2.INTER_AREA) for one in true]
        assert abs(int(np.argmax([psnr(shown, one) for one in small])) - index) <= 3


def test_a_frame_far_from_a_key_frame_leaves_drafts_on_the_way(client, workspace, monkeypatch):
    monkeypatch.setattr(Drafts, "_fill", lambda drafts, sheet: None)  # as if it was not done yet
    monkeypatch.setattr(Frames, "_run", lambda frames: None)
    true = pan("coffee", 60)
    write_clip(workspace / "long.mp4", true)
    made = client.post(f"{API}/projects", json={"path": "long.mp4"}).json()["id"]
    sharp = decoded(client.get(f"{API}/projects/{made}/frames/55"))
    assert psnr(sharp, true[55]) > 30
    clip = client.app.state.services.workspace.open(made).clip()
    for index in (0, 20, 40):
        draft = wait_for(
            lambda: client.app.state.services.frames.drafts.nearest(clip, index),  # noqa: B023
            lambda draft: draft is not None and abs(draft.frame - index) <= 12,  # noqa: B023
        )
        assert psnr(unjpeg(draft.data), true[draft.frame]) > 24


@pytest.fixture
def unprepared(client, workspace, monkeypatch):
    """The address of a clip of one key frame, of which nothing is made in advance; numbers of frames
    as they are decoded."""
    passed = []
    read_frame = ClipReader.read_frame

    def slowly(reader, index, passing=lambda frame: None, *alone):
        def told(frame):
            time.sleep(0.01)
            passed.append(frame.index)
            passing(frame)

        found = read_frame(reader, index, told, *alone)
        passed.append(index)
        return found

    monkeypatch.setattr(Drafts, "_fill", lambda drafts, sheet: None)
    monkeypatch.setattr(ClipReader, "read_frame", slowly)
    monkeypatch.setattr(Frames, "_run", lambda frames: None)
    write_clip(workspace / "long.mp4", pan("coffee", 60))
    made = client.post(f"{API}/projects", json={"path": "long.mp4"}).json()["id"]
    return f"{API}/projects/{made}", passed


def test_decoding_ends_when_whoever_asked_has_gone(client, unprepared):
    at, passed = unprepared

    async def receive():
        while not passed:
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    request = client.build_request("GET", f"{at}/frames/55")
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http", "method": "GET", "path": request.url.path, "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 8427), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    client.portal.call(client.app, scope, receive, send)
    assert 0 < len(passed) < 20
    assert psnr(decoded(client.get(f"{at}/frames/57")), pan("coffee", 60)[57]) > 30
    assert len(passed) == len(set(passed))  # it went on from where it was


def test_going_back_a_way_is_gone_once(client, unprepared):
    at, passed = unprepared
    true = pan("coffee", 60)
    for index in (57, 54, 53, 49, 44, 41, 40):
        client.get(f"{at}/frames/{index}/at-hand")
        assert psnr(decoded(client.get(f"{at}/frames/{index}")), true[index]) > 30
    assert len(passed) < 100  # to 57, and to 54 and all before it


def test_a_leap_back_decodes_only_what_leads_there(client, unprepared):
    at, passed = unprepared
    for index in (47, 30):
        client.get(f"{at}/frames/{index}/at-hand")
        assert psnr(decoded(client.get(f"{at}/frames/{index}")), pan("coffee", 60)[index]) > 30
    assert len(passed) < 45  # every second one on each way, and no other before the last


def test_sound_is_that_of_the_frames(client, at):
    answer = client.get(f"{at}/audio?first=2&end=8")
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 48000)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)[::2]
    assert len(samples) == round(6 / 12 * 48000)
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    assert np.argmax(spectrum) * 48000 / len(samples) == pytest.approx(440, abs=3)


def test_the_outline_of_the_sound(client, at):
    outline = client.get(f"{at}/waveform").json()
    assert len(outline["peaks"]) == pytest.approx(14 / 12 * outline["rate"], abs=1)
    assert 0.9 < max(outline["peaks"]) <= 1


def test_a_silent_clip_says_so(client, workspace):
    write_clip(workspace / "silent.mp4", pan("coffee", 3))
    silent = client.post(f"{API}/projects", json={"path": "silent.mp4"}).json()["id"]
    assert client.get(f"{API}/projects/{silent}/audio").status_code == 404
    assert client.get(f"{API}/projects/{silent}/waveform").json()["peaks"] == []


def test_pieces_are_packed_and_unpacked():
    pieces = [b"", b"one", b"three" * 100]
    assert unpack(pack(pieces)) == pieces
