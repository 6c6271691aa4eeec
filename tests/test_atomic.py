"""A file is there whole, whoever else writes it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cleanplate.atomic import write_whole


def test_threads_that_write_the_same_file_do_not_meet(tmp_path):
    path = tmp_path / "range.json"
    texts = [str(number).encode() * 2000 for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_whole(path, text), texts))
    assert path.read_bytes() in texts
    assert list(tmp_path.iterdir()) == [path]
