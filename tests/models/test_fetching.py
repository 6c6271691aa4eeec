"""Networks come into the cache once, whole, checked; and stay there."""

from __future__ import annotations

import stat
from importlib import metadata
from pathlib import Path

import pytest
import trustme

from cleanplate import models
from cleanplate.errors import ModelError
from cleanplate.models import cache
from cleanplate.models.manifests import Source

from .conftest import CONTENT, described


def mirror(server, *members: str) -> Source:
    return Source("https", members, base=server.base)


def test_a_mirror_gives_the_file_once_and_then_nothing_is_asked(server, cache_folder, catalogue):
    server.files["net.bin"] = CONTENT
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    events = []
    paths = models.fetch("net", watch=events.append)
    assert paths["net.bin"].read_bytes() == CONTENT
    assert paths["net.bin"].is_relative_to(cache_folder)
    assert events[0].done == 0 and events[0].network.licence == "CC0"
    assert events[-1].done == events[-1].total == len(CONTENT)
    models.fetch("net")
    assert len(server.asked) == 1


def test_what_is_in_the_cache_needs_no_network(server, cache_folder, catalogue, monkeypatch):
    server.files["net.bin"] = CONTENT
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    models.fetch("net")
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT


def test_offline_and_absent_says_how_to_bring_it(cache_folder, catalogue, monkeypatch):
    monkeypatch.setenv("CLEANPLATE_OFFLINE", "1")
    catalogue("net", described(CONTENT))
    with pytest.raises(models.Unfetchable, match=r"--file net.bin=PATH"):
        models.fetch("net")


def test_a_broken_download_goes_on_where_it_stopped(server, cache_folder, catalogue):
    server.files["net.bin"] = CONTENT
    server.breaks_after = 600_000
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    with pytest.raises(ModelError):
        models.fetch("net")
    assert not (cache_folder / "net" / "net.bin").exists()
    server.breaks_after = None
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT
    assert server.asked == [("/net.bin", None), ("/net.bin", "bytes=600000-")]


def test_a_stopped_download_goes_on_as_well(server, cache_folder, catalogue):
    server.files["net.bin"] = CONTENT
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))

    def stop(event):
        if event.done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.fetch("net", watch=stop)
    models.fetch("net")
    assert server.asked[1][1] is not None


def test_a_server_without_ranges_sends_all_again(server, cache_folder, catalogue):
    server.files["net.bin"] = CONTENT
    server.breaks_after = 600_000
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    with pytest.raises(ModelError):
        models.fetch("net")
    server.breaks_after, server.ranges = None, False
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT


def test_parts_are_joined_in_order(server, cache_folder, catalogue):
    server.files.update(a=CONTENT[:1000], b=CONTENT[1000:])
    catalogue("net", described(CONTENT, mirror(server, "a", "b")))
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT


def test_sources_are_tried_in_order(server, cache_folder, catalogue):
    server.files["second"] = CONTENT
    sources = [mirror(server, "first"), mirror(server, "second")]
    catalogue("net", described(CONTENT, *sources))
    models.fetch("net")
    assert [path for path, _ in server.asked] == ["/first", "/second"]


def test_wrong_bytes_are_not_kept_and_the_next_source_is_tried(server, cache_folder, catalogue):
    server.files.update(bad=b"x" * len(CONTENT), good=CONTENT)
    item = described(CONTENT, mirror(server, "bad"), mirror(server, "good"))
    catalogue("net", item)
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [b"x" * len(CONTENT), CONTENT + b"more", CONTENT[:-1]])
def test_wrong_bytes_alone_are_an_error_and_leave_nothing(server, cache_folder, catalogue, wrong):
    server.files["net.bin"] = wrong
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    with pytest.raises(ModelError):
        models.fetch("net")
    assert not (cache_folder / "net" / "net.bin").exists()


def test_when_nothing_can_be_reached_every_reason_is_told(server, cache_folder, catalogue):
    nowhere = Source("https", ("net.bin",), base="https://localhost:1")
    catalogue("net", described(CONTENT, mirror(server, "absent"), nowhere))
    with pytest.raises(models.Unfetchable) as caught:
        models.fetch("net")
    message = str(caught.value)
    assert "it answers 404" in message and "https://localhost:1: not reachable" in message
    assert "cleanplate models pull net --file net.bin=PATH" in message


def test_plain_http_is_never_used(cache_folder, catalogue):
    catalogue("net", described(CONTENT, Source("https", ("net.bin",), base="http://localhost:1")))
    with pytest.raises(models.Unfetchable, match="only https"):
        models.fetch("net")


def test_a_server_that_is_not_trusted_is_not_asked(server, cache_folder, catalogue, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    server.files["net.bin"] = CONTENT
    catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    with pytest.raises(models.Unfetchable, match="certificate"):
        models.fetch("net")


def test_a_file_the_user_names_is_checked_and_copied(cache_folder, catalogue, tmp_path):
    catalogue("net", described(CONTENT))
    mine = tmp_path / "mine.bin"
    mine.write_bytes(CONTENT)
    models.fetch("net", given={"net.bin": mine})
    assert mine.exists() and (cache_folder / "net" / "net.bin").read_bytes() == CONTENT
    mine.write_bytes(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        models.fetch("net", given={"net.bin": mine})
    with pytest.raises(ModelError, match="has no file"):
        models.fetch("net", given={"other.bin": mine})
    with pytest.raises(ModelError, match="cannot be read"):
        models.fetch("net", given={"net.bin": tmp_path / "absent"})


def test_a_file_spoilt_in_the_cache_is_never_loaded_but_fetched_again(
    server, cache_folder, catalogue
):
    server.files["net.bin"] = CONTENT
    network = catalogue("net", described(CONTENT, mirror(server, "net.bin")))
    place = models.fetch("net")["net.bin"]
    place.write_bytes(b"y" * len(CONTENT))
    with pytest.raises(ModelError, match="SHA-256 is wrong"):
        cache.read(network, network.files[0])
    assert models.fetch("net")["net.bin"].read_bytes() == CONTENT
    assert cache.read(network, network.files[0]) == CONTENT


def test_a_folder_that_cannot_be_written_says_so(catalogue, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "file" / "models"))
    catalogue("net", described(CONTENT))
    with pytest.raises(ModelError, match="CLEANPLATE_MODELS"):
        models.fetch("net")


def test_npm_gives_what_the_catalogue_names(cache_folder, network):
    """The smallest network, from the real registry through the real client, into a new folder."""
    source = [s for s in models.manifest("u2netp").files[0].sources if s.kind == "npm"]
    assert source
    network("u2netp")
    assert models.present(models.manifest("u2netp"))


def test_a_client_that_fails_is_quoted(cache_folder, catalogue, tmp_path, monkeypatch):
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
    npm.chmod(npm.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{npm.parent}:/bin:/usr/bin")
    catalogue("net", described(CONTENT, Source("npm", ("f",), package="p", version="1.0.0")))
    with pytest.raises(models.Unfetchable, match=r"npm p 1\.0\.0: npm error code E404"):
        models.fetch("net")


def test_a_package_is_fetched_once_for_all_files_of_a_network(
    cache_folder, catalogue, tmp_path, monkeypatch
):
    _fake_npm(tmp_path, monkeypatch, {"package/a": b"AAAA", "package/b": b"BB"})
    sources = {m: Source("npm", (m,), package="@scope/p", version="1.0.0") for m in "ab"}
    catalogue(
        "net",
        described(b"AAAA", sources["a"], name="one"),
        described(b"BB", sources["b"], name="two"),
    )
    paths = models.fetch("net")
    assert paths["one"].read_bytes() == b"AAAA" and paths["two"].read_bytes() == b"BB"
    assert (tmp_path / "calls").read_text().count("pack @scope/p@1.0.0") == 1
    assert not list((cache_folder / "net").rglob("*.tgz"))


def test_a_package_with_the_wrong_bytes_is_not_used_again(
    cache_folder, catalogue, tmp_path, monkeypatch
):
    _fake_npm(tmp_path, monkeypatch, {"package/a": b"XXXX"})
    source = Source("npm", ("a",), package="p", version="1.0.0")
    catalogue("net", described(b"AAAA", source))
    with pytest.raises(ModelError, match="not what the catalogue names"):
        models.fetch("net")
    assert not list((cache_folder / "net").rglob("*.tgz"))


def _fake_npm(tmp_path: Path, monkeypatch, members: dict[str, bytes]) -> None:
    """An npm that packs a file of ours: what is tested is what we make of a client's package."""
    import io
    import tarfile

    with tarfile.open(tmp_path / "p.tgz", "w:gz") as packed:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncp {tmp_path}/p.tgz p-1.0.0.tgz\n')
    npm.chmod(npm.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{npm.parent}:/bin:/usr/bin")


def test_pip_gives_a_file_out_of_a_wheel(cache_folder, catalogue):
    """From the real registry through the real client; compared with the package installed here."""
    content = Path(trustme.__file__).read_bytes()
    version = metadata.version("trustme")
    source = Source("pypi", ("trustme/__init__.py",), package="trustme", version=version)
    catalogue("net", described(content, source))
    try:
        assert models.fetch("net")["net.bin"].read_bytes() == content
    except models.Unfetchable as error:
        # This tests the client against the real registry; without a way there it says nothing.
        pytest.skip(f"the real registry, which this is about, cannot be reached: {error}")
