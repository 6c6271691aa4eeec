"""A catalogue of the tests' own, and a server over TLS that its files come from."""

from __future__ import annotations

import hashlib
import http.server
import json
import ssl
import threading
from dataclasses import asdict, dataclass, field

import pytest
import trustme

from cleanplate.models.manifests import Manifest, ModelFile, Source, manifest

CONTENT = bytes(range(256)) * 4000


@dataclass
class Server:
    """What the server holds, how it behaves, and what it was asked."""

    base: str
    files: dict[str, bytes] = field(default_factory=dict)
    breaks_after: int | None = None
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """An https server on this machine whose certificate this process trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted))
            data = state.files.get(self.path.lstrip("/"))
            if data is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            end = len(data) if state.breaks_after is None else start + state.breaks_after
            self.wfile.write(data[start:end])

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    state = Server(f"https://localhost:{listening.server_address[1]}")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield state
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def cache_folder(monkeypatch, tmp_path):
    """An empty models' folder, with the network allowed."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("CLEANPLATE_OFFLINE", raising=False)
    return tmp_path / "models"


@pytest.fixture
def catalogue(monkeypatch, tmp_path):
    """Add networks to the catalogue for one test: call it with (name, *files)."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    monkeypatch.setenv("CLEANPLATE_CATALOGUE", str(folder))

    def add(name: str, *files: ModelFile) -> Manifest:
        lines = [f'name = "{name}"', 'task = "test"', 'title = "A test\'s own"', 'licence = "CC0"']
        for item in files:
            lines += ["[[files]]", f'name = "{item.name}"', f"size = {item.size}"]
            lines += [f'sha256 = "{item.sha256}"']
            for source in item.sources:
                facts = {key: value for key, value in asdict(source).items() if value}
                lines += ["[[files.sources]]"]
                lines += [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
        (folder / f"{name}.toml").write_text("\n".join(lines))
        return manifest(name)

    return add


def described(content: bytes, *sources: Source, name: str = "net.bin") -> ModelFile:
    """A file of the catalogue with the size and hash of `content`."""
    digest = hashlib.sha256(content).hexdigest()
    return ModelFile(name, len(content), digest, tuple(sources))
