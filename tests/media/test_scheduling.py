"""An export leaves the machine to others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cleanplate.media import ClipWriter, ExportSettings, open_clip
from media.clips import write_clip


# Where there are no scheduling classes, no encoder can take one.
@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="no classes to take here")
@pytest.mark.parametrize("codec", ["av1", "h264", "h265"])
def test_no_thread_is_left_with_real_time_priority(tmp_path, codec):
    path = write_clip(tmp_path / "in.mkv", 6, "ffv1")
    with (
        open_clip(path) as clip,
        ClipWriter(tmp_path / "out.mkv", clip.info, ExportSettings(codec=codec)) as writer,
    ):
        for frame in clip:
            writer.write(frame)
            threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
            assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_OTHER}
