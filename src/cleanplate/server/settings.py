"""How a server is set up."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from cleanplate.errors import UsageError

MIB = 1 << 20
GIB = 1 << 30
GB = 1_000_000_000

PREFIX = "/api/v1"
"""Where the API is; everything else is a page."""

PORT = 8427
"""Where the server listens unless told otherwise; the next free one is taken if it is in use."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def default_folder() -> Path:
    """The workspace, unless told otherwise: "Cleanplate" among the user's videos, or at home."""
    named = os.environ.get("CLEANPLATE_FOLDER")
    if named:
        return Path(named).expanduser()
    import platformdirs

    videos = Path(platformdirs.user_videos_dir())
    return (videos if videos.is_dir() else Path.home()) / "Cleanplate"


def _new_token() -> str:
    return os.environ.get("CLEANPLATE_TOKEN") or secrets.token_urlsafe(24)


@dataclass(frozen=True)
class ServerSettings:
    """What a server is told when it starts.

    `folder` is the workspace; `allowed` are clips and projects that were named on the command
    line and may lie anywhere. `names` are host names that requests may be addressed to, besides
    this machine's own. `upload_limit` is in bytes.
    """

    folder: Path = field(default_factory=default_folder)
    allowed: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = PORT
    token: str = field(default_factory=_new_token, repr=False)
    password: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    upload_limit: int = 64 * GIB
    chunk: int = 8 * MIB

    def __post_init__(self) -> None:
        if not self.loopback and self.password is None and self.certificate is None:
            raise UsageError(
                f"listening on {self.host} lets other machines in: give --password, or "
                "--certificate and --key, or leave --host out"
            )
        if (self.key is not None) and self.certificate is None:
            raise UsageError("--key goes with --certificate")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def scheme(self) -> str:
        return "http" if self.certificate is None else "https"

    @property
    def address(self) -> str:
        """The editor's address, as it is opened in a browser on this machine."""
        name = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host
        return f"{self.scheme}://{f'[{name}]' if ':' in name else name}:{self.port}"

    def trusts_name(self, name: str) -> bool:
        """Whether a request may be addressed to this host name.

        A page of another site can make its own name lead here (DNS rebinding), but never a bare
        address, nor a name that this machine goes by.
        """
        bare = name.strip("[]").lower()
        if self.loopback:
            return bare in LOOPBACK
        return _is_address(bare) or bare in {
            *LOOPBACK, self.host.lower(), socket.gethostname().lower(), *map(str.lower, self.names),
        }  # fmt: skip

    @property
    def hidden(self) -> Path:
        """The server's own files in the workspace."""
        return self.folder / ".cleanplate"


def _is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except OSError:  # not an address of this family
            continue
        return True
    return False
