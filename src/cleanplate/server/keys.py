"""Tokens, passwords and the cookies that they are exchanged for."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from pathlib import Path

from cleanplate.server.refusals import Refused
from cleanplate.server.settings import ServerSettings

LIFETIME = 30 * 24 * 3600
"""Seconds that a browser stays known."""

_TRIES = 5
"""Wrong passwords in a row before the next has to wait."""

_WAIT = 30.0
"""Seconds that it waits."""


class Keys:
    """What opens this server.

    Cookies are signed with a secret that lies in the workspace, readable by its owner alone, so
    that an open browser is still known after a restart. The token is new at every start.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._secret: bytes | None = None
        self._lock = threading.Lock()
        self._wrong = 0
        self._blocked_until = 0.0

    @property
    def name(self) -> str:
        """The cookie's name. Browsers tell ports apart only by it."""
        return f"cleanplate-{self._settings.port}"

    def is_token(self, given: str) -> bool:
        """Whether it is the token; takes as long for a wrong one."""
        return hmac.compare_digest(given.encode(), self._settings.token.encode())

    def check_password(self, given: str) -> None:
        """Raise `Refused` where it is wrong, or tried too often."""
        expected = self._settings.password
        with self._lock:
            left = self._blocked_until - time.monotonic()
            if left > 0:
                raise Refused(429, "Too many attempts.", f"Wait {left:.0f} s and try again.")
            if expected is not None and hmac.compare_digest(given.encode(), expected.encode()):
                self._wrong = 0
                return
            self._wrong += 1
            if self._wrong >= _TRIES:
                self._blocked_until = time.monotonic() + _WAIT
        raise Refused(401, "That is not the password.")

    def cookie(self) -> str:
        """A `Set-Cookie` header that lets a browser in for as long as `LIFETIME`."""
        expires = int(time.time()) + LIFETIME
        parts = [
            f"{self.name}={expires}.{self._sign(expires)}",
            "HttpOnly",
            "SameSite=Strict",
            "Path=/",
            f"Max-Age={LIFETIME}",
        ]
        return "; ".join(parts + (["Secure"] if self._settings.scheme == "https" else []))

    def opens(self, cookie: str | None) -> bool:
        """Whether a cookie is one of ours and still good."""
        expires, _, signature = (cookie or "").partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 15):
            return False
        right = hmac.compare_digest(signature.encode(), self._sign(int(expires)).encode())
        return right and int(expires) > time.time()

    def _sign(self, expires: int) -> str:
        if self._secret is None:
            self._secret = _kept_secret(self._settings.hidden / "secret")
        # A new password turns away those who came in with the old one.
        word = f"{expires} {self._settings.password or ''}".encode()
        return hmac.new(self._secret, word, hashlib.sha256).hexdigest()


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_bytes()
        if len(kept) == 32:
            return kept
        path.unlink()
        return _kept_secret(path)
    with os.fdopen(handle, "wb") as stream:
        secret = secrets.token_bytes(32)
        stream.write(secret)
    return secret
