"""Killed, cut short or out of disk at any moment: at most the edit in flight is lost."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import time

import numpy as np
import pytest

from cleanplate.project import Project, SetKey, SetMasks, SetSettings

KILLS = 300


@pytest.fixture
def project(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"clip" * 1000)
    return Project.create(tmp_path / "a.cleanplate", clip)


def _edit_until_killed(folder, acknowledge):
    """Edits and undoes for ever; each acknowledged with the number of entries after it."""
    project = Project.open(folder)
    noise = random.Random(os.getpid())
    number = len(project._journal.read())
    os.write(acknowledge, number.to_bytes(4, "big"))
    while True:
        choice = noise.random()
        if choice < 0.2 and project.history().done:
            project.undo()
        elif choice < 0.5:
            mask = np.random.default_rng(noise.getrandbits(32)).random((24, 32)) > 0.5
            name = project.keep_mask(mask)
            key = SetKey(object=2, frame=noise.randrange(50), mask=name)
            project.edit(key if choice < 0.35 else SetMasks(object=1, runs=[(0, None, name)]))
        else:
            project.edit(SetSettings(grow=noise.randrange(100)))
        number += 1
        os.write(acknowledge, number.to_bytes(4, "big"))


def test_killed_at_random_moments(project):
    """kill -9, several hundred times, each on the project as the last one left it."""
    context = multiprocessing.get_context("fork")
    noise = random.Random(5)
    made = 0
    for _ in range(KILLS):
        reader, writer = os.pipe()
        before = len(project._journal.read())
        process = context.Process(target=_edit_until_killed, args=(project.folder, writer))
        process.start()
        os.close(writer)
        acknowledged = int.from_bytes(os.read(reader, 4), "big")
        assert acknowledged == before
        if noise.random() < 0.8:  # after an edit or two, however busy the machine is
            acknowledged = int.from_bytes(os.read(reader, 4), "big")
        time.sleep(noise.uniform(0, 0.02))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while number := os.read(reader, 4):
            acknowledged = int.from_bytes(number, "big")
        os.close(reader)
        opened = Project.open(project.folder)
        kept = len(opened._journal.read())
        assert acknowledged <= kept <= acknowledged + 1
        made += kept - before
        for state in opened.state().objects.values():
            for holder in (*state.runs, *state.keys.values()):
                opened.load_masks(holder.pictures)
        _forget_sometimes(project, kept)
    assert made > 0.7 * KILLS  # the kills came while there was work


def _forget_sometimes(project, entries):
    """Start afresh now and then, so that reading the journal does not slow the kills down."""
    if entries > 400:
        (project.folder / "journal.jsonl").unlink()


def test_a_journal_cut_at_any_byte_keeps_all_before_it(project, tmp_path):
    for px in range(4):
        project.edit(SetSettings(grow=px))
    whole = (project.folder / "journal.jsonl").read_bytes()
    ends = [0] + [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for length in range(len(whole)):
        copy = tmp_path / "copy.cleanplate"
        shutil.copytree(project.folder, copy)
        (copy / "journal.jsonl").write_bytes(whole[:length])
        opened = Project.open(copy)
        kept = sum(end <= length for end in ends[1:])
        assert len(opened.history().done) == kept
        opened.edit(SetSettings(grow=99))
        assert [e.grow for e in Project.open(copy).history().done] == [*range(kept), 99]
        shutil.rmtree(copy)


def test_a_full_disk_loses_only_the_edit_that_did_not_fit(project):
    """A limit on file sizes stands in for the full disk."""
    for px in range(20):
        project.edit(SetSettings(grow=px))
    size = (project.folder / "journal.jsonl").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
        with pytest.raises(OSError, match="too large"):
            project.edit(SetSettings(grow=50))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (project.folder / "journal.jsonl").stat().st_size == size
    assert [edit.grow for edit in Project.open(project.folder).history().done] == list(range(20))
    project.edit(SetSettings(grow=51))
    assert project.state().settings == {"grow": 51}
