"""Packages are read, never believed."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from cleanplate.errors import ModelError
from cleanplate.models.archive import extract


def _tar(path, entries: list[tarfile.TarInfo], data: bytes = b"") -> None:
    with tarfile.open(path, "w:gz") as out:
        for entry in entries:
            out.addfile(entry, io.BytesIO(data[: entry.size]))


def _file(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


def _zip(path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members.items():
            out.writestr(name, data)


def test_members_of_a_tar_and_of_a_zip_are_joined_in_the_order_asked(tmp_path):
    _tar(tmp_path / "a.tgz", [_file("package/x", 3), _file("package/y", 2)], b"abc")
    extract(tmp_path / "a.tgz", ["package/y", "package/x"], tmp_path / "out", 5)
    assert (tmp_path / "out").read_bytes() == b"ababc"
    _zip(tmp_path / "a.whl", {"m/x": b"12", "m/y": b"3"})
    extract(tmp_path / "a.whl", ["m/x", "m/y"], tmp_path / "out", 3)
    assert (tmp_path / "out").read_bytes() == b"123"


def test_a_member_that_climbs_out_lands_where_we_say(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    _tar(inner / "a.tgz", [_file("../../escaped", 3), _file("/absolute", 3)], b"abc")
    extract(inner / "a.tgz", ["../../escaped"], inner / "out", 3)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tgz", "inner", "out"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_what_is_no_plain_file_is_refused(tmp_path, kind):
    entry = tarfile.TarInfo("package/x")
    entry.type, entry.linkname = kind, "/etc/passwd"
    _tar(tmp_path / "a.tgz", [entry])
    with pytest.raises(ModelError, match="no plain file"):
        extract(tmp_path / "a.tgz", ["package/x"], tmp_path / "out", 10)


def test_more_than_promised_is_refused_without_being_written(tmp_path):
    _zip(tmp_path / "bomb.zip", {"x": b"\0" * 50_000_000})
    with pytest.raises(ModelError, match="more than"):
        extract(tmp_path / "bomb.zip", ["x"], tmp_path / "out", 1000)
    assert (tmp_path / "out").stat().st_size <= 1001
    _tar(tmp_path / "a.tgz", [_file("x", 600), _file("y", 600)], b"\0" * 600)
    with pytest.raises(ModelError, match="more than"):
        extract(tmp_path / "a.tgz", ["x", "y"], tmp_path / "out", 1000)


def test_absent_members_and_broken_packages_are_named(tmp_path):
    _tar(tmp_path / "a.tgz", [_file("package/x", 1)], b"a")
    with pytest.raises(ModelError, match="has no file package/z"):
        extract(tmp_path / "a.tgz", ["package/z"], tmp_path / "out", 10)
    _zip(tmp_path / "a.zip", {"x": b"1"})
    with pytest.raises(ModelError, match="has no file z"):
        extract(tmp_path / "a.zip", ["z"], tmp_path / "out", 10)
    (tmp_path / "junk.tgz").write_bytes(b"junk")
    with pytest.raises(ModelError, match=r"junk\.tgz cannot be read"):
        extract(tmp_path / "junk.tgz", ["x"], tmp_path / "out", 10)
