"""Who may come in: the host that is asked for, the site that asks, the token; and the headers that
tell browsers what these pages may do.

A page of any site can make a browser send requests to a server on the loopback address, and can
make its own name lead there (DNS rebinding). So the name that is asked for must be this server's,
requests that say where they come from must come from its own pages, and every answer about
projects needs a token, or the cookie that a token was exchanged for.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanplate.server.keys import Keys
from cleanplate.server.refusals import Refused
from cleanplate.server.settings import ServerSettings

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

LARGEST = 32 << 20
"""Bytes of a request that is not an upload: the largest masks, painted by hand, take a few."""

_SAFE = ("GET", "HEAD")


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, prefix: str) -> None:
        self._app = app
        self._settings = settings
        self._prefix = prefix
        self._keys = Keys(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            return
        scope.setdefault("state", {})["keys"] = self._keys
        headers = Headers(scope=scope)
        api = scope["path"].startswith(self._prefix + "/") or scope["path"] == self._prefix
        try:
            self._check_host(headers)
            self._check_site(headers, scope["method"], api)
            given = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            token_given = "token" in given and self._keys.is_token(given["token"])
            if token_given and not api and scope["method"] in _SAFE:
                await self._exchange(scope, receive, send)
                return
            if api:
                self._check_key(headers, token_given)
        except Refused as refused:
            await refusal(refused)(scope, receive, _hardened(send))
            return
        cookie = self._keys.cookie() if token_given else None
        if not scope["path"].startswith(f"{self._prefix}/uploads/"):  # which mind their own size
            receive = _bounded(receive)
        await self._app(scope, receive, _hardened(send, cookie))

    def _check_host(self, headers: Headers) -> None:
        name, _ = split_host(headers.get("host", ""))
        if not name or not self._settings.trusts_name(name):
            raise Refused(
                403,
                f"This server does not answer to the name {name[:80]!r}.",
                f"Open {self._settings.address}, or start it with --name.",
            )

    def _check_site(self, headers: Headers, method: str, api: bool) -> None:
        """Refuse what another site's page sends, except a plain link to a page of ours."""
        origin = headers.get("origin")
        own = f"{self._settings.scheme}://{headers.get('host', '')}"
        foreign = origin is not None and origin.lower() != own.lower()
        site = headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none"):
            followed = not api and method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
            foreign = foreign or not followed
        if foreign:
            raise Refused(403, "The request comes from another site's page.")

    def _check_key(self, headers: Headers, token_given: bool) -> None:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._keys.is_token(value.strip()):
            return
        if token_given or self._keys.opens(cookie_of(headers, self._keys.name)):
            return
        ask = "Give the password." if self._settings.password else (
            "Open the address that was printed when the server was started: it holds the token."
        )  # fmt: skip
        raise Refused(
            401,
            "No token came with the request, or an old one.",
            ask,
            headers={"WWW-Authenticate": 'Bearer realm="cleanplate"'},
        )

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page was opened with the token: give the cookie, and the address without it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + scope["path"].lstrip("/")  # never //elsewhere
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        await answer(scope, receive, _hardened(send, self._keys.cookie()))


def refusal(refused: Refused) -> JSONResponse:
    """The answer to a request that is not granted."""
    return JSONResponse(refused.to_json(), refused.status, refused.headers)


def _hardened(send: Send, cookie: str | None = None) -> Send:
    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if cookie is not None:
                headers.append("Set-Cookie", cookie)
        await send(message)

    return hardened


def _bounded(receive: Receive) -> Receive:
    """Receive no more than `LARGEST`; what comes beyond it is refused."""
    left = LARGEST

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "The request is too large: send clips as uploads.")
        return message

    return bounded


def split_host(text: str) -> tuple[str, str]:
    """A Host header's name, an IPv6 address without its brackets, and its port."""
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return name, port


def cookie_of(headers: Headers, name: str) -> str | None:
    """The value of a cookie, None where it isn't there."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None
