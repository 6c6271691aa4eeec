"""Small commands, and how the command line is found out about."""

from __future__ import annotations

import json
import shutil

import generated

from cleanplate.cli.progress import shown
from cleanplate.engine.events import Event


def test_help_names_every_command(cleanplate):
    done = cleanplate("--help")
    assert done.returncode == 0
    for command in ("erase", "probe", "demo", "doctor"):
        assert command in done.stdout
        assert cleanplate(command, "--help").returncode == 0


def test_things_are_pointed_at_in_the_same_ways_everywhere(cleanplate, scene, tmp_path):
    box, own = ["--box", "0:10,10,40,40"], ["--prompter", "nosuch"]
    outputs = {"erase": "o.mp4", "mask": "o.json", "cutout": "o.mov", "project new": "o.cleanplate"}
    for command, name in outputs.items():
        output = tmp_path / name
        done = cleanplate(*command.split(), scene.clip, "-o", output, *box, *own)
        assert done.returncode == 1 and "no network of your own called nosuch" in done.stderr
        wrong = cleanplate(*command.split(), scene.clip, "-o", output, "--box", "0:10,10")
        assert wrong.returncode == 2 and "x,y,width,height" in wrong.stderr
        assert not output.exists()


def test_version(cleanplate):
    assert cleanplate("--version").stdout.startswith("cleanplate 0.")


def test_an_unknown_command_is_a_usage_error(cleanplate):
    assert cleanplate("destroy").returncode == 2


def test_probe_says_what_a_clip_is(cleanplate, scene):
    done = cleanplate("probe", scene.clip)
    assert done.returncode == 0, done.stderr
    assert "h264" in done.stdout
    assert "160x96" in done.stdout
    assert "audio track" in done.stdout
    facts = json.loads(cleanplate("probe", scene.clip, "--json").stdout)
    assert (facts["width"], facts["height"], facts["frame_count"]) == (160, 96, 12)


def test_a_name_may_begin_with_a_dash(cleanplate, scene, tmp_path):
    shutil.copy(scene.clip, tmp_path / "-clip.mp4")
    for arguments in (["-clip.mp4"], ["-i", "-clip.mp4"], ["--", "-clip.mp4"]):
        done = cleanplate("probe", *arguments)
        assert done.returncode == 0, done.stderr


def test_doctor_knows_the_machine(cleanplate):
    topics = {f["topic"]: f["fact"] for f in json.loads(cleanplate("doctor", "--json").stdout)}
    assert "H.264" in topics["can write"]
    assert "GiB" in topics["disk (results)"]
    assert "cores" in cleanplate("doctor").stdout


def test_the_demo_shows_and_measures(cleanplate, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "clean.mp4").write_text("of an earlier run")
    done = cleanplate("demo", "-o", "here", "--frames", "6")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "here"
    assert len(generated.pictures(folder / "before_after.mp4")) == 6
    assert str(folder.relative_to(tmp_path) / "before_after.mp4") in done.stdout
    assert float(done.stdout.split(" dB")[0].split()[-1]) > 20


def test_a_pipe_hears_of_warnings_and_of_what_a_preview_has_to_track_first(capsys):
    tracking, warning = Event("stage", "track", total=36), Event("warning", message="odd")
    for quick, words in ((False, ["warning: odd"]), (True, ["36 frames", "warning: odd"])):
        with shown(False, quick) as show:
            for event in (tracking, Event("progress", "track", 1, 36), warning):
                show(event)
        said = capsys.readouterr().err.splitlines()
        assert len(said) == len(words)
        assert all(word in line for word, line in zip(words, said, strict=True))
