"""Files from a content network or a model hub, resumed where the last attempt stopped."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path

from cleanplate.models.manifests import ModelFile, Source
from cleanplate.models.sources import Progress, Unreachable

_TIMEOUT = 20.0  # seconds without a byte
_CHUNK = 1 << 18


def obtain(source: Source, item: ModelFile, folder: Path, progress: Progress) -> Path:
    """Download the members of `source`, in order, into one file; see the package's docstring.

    An unfinished download stays in `folder` as NAME.part and is continued with a Range request
    (RFC 9110, section 14.2). A source of several members is continued only when it has one.
    """
    part = folder / f"{item.name}.part"
    start = part.stat().st_size if part.is_file() and len(source.members) == 1 else 0
    if start >= item.size:
        start = 0
    with part.open("r+b" if start else "wb") as out:
        out.seek(start)
        for member in source.members:
            _append(f"{source.base}/{member}", start, out, item, progress)
        out.truncate()
        if out.tell() < item.size:
            raise Unreachable(f"the connection ended after {out.tell()} of {item.size} bytes")
    return part


def _append(address: str, start: int, out, item: ModelFile, progress: Progress) -> None:
    if not address.startswith("https://"):
        raise Unreachable("only https addresses are used")
    request = urllib.request.Request(address, headers={"User-Agent": "cleanplate"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            if start and answer.status != 206:  # the server sends the whole file again
                out.seek(0)
            while block := answer.read(_CHUNK):
                out.write(block)
                if out.tell() > item.size:
                    raise Unreachable("it sends more than the catalogue promises")
                progress(out.tell(), item.size)
    except urllib.error.HTTPError as error:
        if start:  # what is there so far is of no use to this server
            out.truncate(0)
        raise Unreachable(f"it answers {error.code}") from error
    except urllib.error.URLError as error:
        raise Unreachable(f"not reachable ({error.reason})") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"the connection broke ({error})") from error
