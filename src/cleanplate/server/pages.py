"""The editor's pages, built into this package; a plain page where they were not built; the door."""

from __future__ import annotations

import html
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cleanplate.server.refusals import Refused

STATIC = Path(__file__).parent / "static"

_LONG = "public, max-age=31536000, immutable"
"""Of files whose names hold a hash of their content."""

_PASSWORD_BYTES = 4096


def routes(prefix: str) -> list[Route]:
    """The editor at ``/`` and ``/p/...``, its files, and the door at ``/login``; nothing that begins
    with `prefix`, which is the API's."""

    def page(request: Request) -> Response:
        path = request.path_params["path"]
        if f"/{path}".startswith(prefix):
            raise Refused(404, "There is nothing at this address.")
        found = _file(path)
        if found is not None and path:
            kept = _LONG if path.startswith("assets/") else "no-cache"
            return FileResponse(found, headers={"Cache-Control": kept})
        if path and not path.startswith("p/"):
            raise Refused(404, "There is nothing at this address.")
        index = STATIC / "index.html"
        if not index.is_file():
            return HTMLResponse(_page("The editor is not here", _NOT_BUILT), 503)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    return [
        Route("/login", lambda request: _door(), methods=["GET"]),
        Route("/login", _enter, methods=["POST"]),
        Route("/{path:path}", page, methods=["GET", "HEAD"]),
    ]


async def _enter(request: Request) -> Response:
    """The password was given."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _PASSWORD_BYTES:
            return _door("That is too long for a password.", 413)
    given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
    keys = request.scope["state"]["keys"]
    try:
        keys.check_password(given)
    except Refused as refused:
        return _door(" ".join(filter(None, (refused.message, refused.remedy))), refused.status)
    answer = RedirectResponse("/", 303)
    answer.headers.append("Set-Cookie", keys.cookie())
    return answer


def _file(path: str) -> Path | None:
    """A file of the editor; None for anything that is not inside its folder."""
    root = STATIC.resolve()
    try:
        place = (root / path).resolve()
        inside = place.is_relative_to(root) and place.is_file()
    except (OSError, ValueError):
        return None
    return place if inside else None


_NOT_BUILT = """<p>This installation came without the editor's pages: they are built when the
package is, and this one runs from its source.</p>
<p>Build them with <code>pip install .</code> in the repository, or
<code>npm ci &amp;&amp; npm run build</code> in its <code>web</code> folder.</p>
<p>The HTTP API is here and works: <code>/api/v1</code>.</p>"""


def _door(trouble: str = "", status: int = 200) -> HTMLResponse:
    said = f'<p role="alert">{html.escape(trouble)}</p>' if trouble else ""
    form = f"""{said}<form method="post" action="/login">
<label>Password <input type="password" name="password" autocomplete="current-password" autofocus
required></label> <button>Open</button></form>"""
    return HTMLResponse(_page("Cleanplate", form), status)


def _page(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; }}
code {{ font-size: 0.9em; }} input, button {{ font: inherit; padding: 0.3em 0.6em; }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
