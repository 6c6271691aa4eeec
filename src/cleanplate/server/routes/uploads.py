"""``/uploads``: a clip comes in, in pieces, and goes on where it was cut off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from cleanplate.server.routes.common import USUAL, Serving, UploadId
from cleanplate.server.schema.base import failures
from cleanplate.server.schema.uploads import NewUpload, Upload

router = APIRouter(prefix="/uploads", tags=["uploads"], responses=USUAL | failures(413, 507))


@router.post("", status_code=201)
def start_upload(wanted: NewUpload, serving: Serving) -> Upload:
    """Say what is coming. 413 for what is too large, 507 for what the disk has no room for."""
    return serving.uploads.start(wanted.name, wanted.size, wanted.fingerprint)


@router.get("/{upload}")
def get_upload(upload: UploadId, serving: Serving) -> Upload:
    """How much of it has come: where to go on after a cut."""
    return serving.uploads.find(upload)


@router.patch(
    "/{upload}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
    responses=failures(415),
)
async def continue_upload(
    upload: UploadId,
    request: Request,
    serving: Serving,
    upload_offset: Annotated[int, Header(ge=0, lt=1 << 62)],
) -> Upload:
    """Send the next piece, of any length, from `Upload-Offset` on.

    409 where that is not where the upload stands: ask for it and go on from there. What came
    before a cut is kept.
    """
    return await serving.uploads.receive(upload, upload_offset, request.stream())


@router.delete("/{upload}", status_code=204)
def drop_upload(upload: UploadId, serving: Serving) -> Response:
    """Forget an upload."""
    serving.uploads.drop(upload)
    return Response(status_code=204)
