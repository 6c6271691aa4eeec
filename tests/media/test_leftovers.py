"""What killed processes left is deleted, and what living ones write is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cleanplate.media import leftovers

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing is deleted")


def _ended_process() -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    process.stdout.read()  # until it ends; `wait` would give its number back
    return process


def _unfinished(folder, process: int):
    path = folder / f".clip.{process}-0123456789ab.part.mkv"
    path.write_bytes(b"half a film")
    return path


def test_what_a_living_process_writes_stays(tmp_path):
    mine = _unfinished(tmp_path, os.getpid())
    finished = tmp_path / "clip.mkv"
    finished.write_bytes(b"a film")
    leftovers.clear(tmp_path)
    assert mine.exists() and finished.exists()


def test_what_a_process_left_goes_once_it_has_ended(tmp_path):
    process = _ended_process()
    process.wait()
    left = _unfinished(tmp_path, process.pid)
    leftovers.clear(tmp_path)
    assert not left.exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells")
def test_a_process_that_nobody_waited_for_has_ended_too(tmp_path):
    process = _ended_process()
    left = _unfinished(tmp_path, process.pid)
    state = ""
    while state != "Z":
        with open(f"/proc/{process.pid}/stat") as facts:
            state = facts.read().rpartition(")")[2].split()[0]
    leftovers.clear(tmp_path)
    assert not left.exists()
    process.wait()


def test_those_of_one_name_alone_can_be_deleted(tmp_path):
    process = _ended_process()
    process.wait()
    left = _unfinished(tmp_path, process.pid)
    leftovers.clear(tmp_path, "another")
    assert left.exists()
    leftovers.clear(tmp_path, "clip")
    assert not left.exists()
