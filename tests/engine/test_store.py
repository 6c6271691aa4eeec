"""The store: bounded, shared, and never wrong."""

from __future__ import annotations

import multiprocessing
import os
import random

import pytest

from cleanplate.engine.store import Store, code_version, key_of


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", limit=100_000)


def test_what_is_put_is_got(store, tmp_path):
    key = key_of("fill", {"a": 1}, [2, 3])
    assert store.get(key) is None
    assert not store.has(key)
    store.put(key, b"pixels")
    assert Store(tmp_path / "store").get(key) == b"pixels"
    assert store.has(key)


def test_keys_tell_apart_what_differs():
    assert key_of("a", 1) == key_of("a", 1)
    assert key_of({"x": 1, "y": 2}) == key_of({"y": 2, "x": 1})
    assert len({key_of("a", 1), key_of("a", 2), key_of("a1"), key_of(["a", 1])}) == 4
    assert code_version("fill") != code_version("media")


def test_the_least_recently_used_goes_first(store):
    for number in range(8):
        store.put(key_of(number), bytes(10_000))
        os.utime(store._path(key_of(number)), ns=(number, number))
    assert store.get(key_of(0)) is not None  # used just now
    for number in range(8, 12):
        store.put(key_of(number), bytes(10_000))
    assert store.size() <= 100_000
    assert store.has(key_of(0))
    assert store.has(key_of(11))
    assert not store.has(key_of(1))


@pytest.mark.parametrize("damage", [b"", bytes(1000), b"short"])
def test_a_damaged_entry_is_no_entry(store, damage):
    key = key_of("x")
    store.put(key, b"pixels" * 100)
    store._path(key).write_bytes(damage)
    assert store.get(key) is None
    store.put(key, b"pixels")
    assert store.get(key) == b"pixels"


def _use(folder, seed):
    store = Store(folder, limit=50_000)
    noise = random.Random(seed)
    for _ in range(300):
        number = noise.randrange(30)
        data = store.get(key_of(number))
        assert data is None or data == bytes([number]) * 3000
        store.put(key_of(number), bytes([number]) * 3000)


def test_processes_share_a_store(store):
    start = multiprocessing.get_context("fork").Process
    users = [start(target=_use, args=(store.folder, seed)) for seed in (1, 2, 3)]
    for user in users:
        user.start()
    for user in users:
        user.join()
        assert user.exitcode == 0
    assert store.size() <= 4 * 50_000
    assert not [path for path in store.folder.rglob("*.part")]


def test_all_that_was_made_of_one_clip_can_be_forgotten(tmp_path):
    store = Store(tmp_path)
    ours = [key_of("fill", i, clip="a" * 64) for i in range(5)]
    theirs = [key_of("fill", i, clip="b" * 64) for i in range(5)]
    for key in (*ours, *theirs):
        store.put(key, b"x" * 100)
    assert len({*ours, *theirs}) == 10
    assert store.forget("a" * 64) >= 500
    assert [store.get(key) for key in ours] == [None] * 5
    assert all(store.has(key) for key in theirs)
    assert store.forget("a" * 64) == 0
