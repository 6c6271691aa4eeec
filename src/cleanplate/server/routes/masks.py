"""The masks that are known, and how sure the tracker is of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from cleanplate.server import views
from cleanplate.server.routes.common import USUAL, FramePath, ObjectPath, TheProject
from cleanplate.server.schema.masks import Confidence, FrameMasks, MaskRange, Shaped, TryEdge

router = APIRouter(prefix="/projects/{project}", tags=["masks"], responses=USUAL)


@router.get(
    "/masks/{frame}",
    response_model=FrameMasks,
    responses={
        200: {
            "description": "The masks; with `Accept: image/png` a picture of object numbers.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def get_masks(
    project: TheProject,
    frame: FramePath,
    request: Request,
    edges: Annotated[
        bool, Query(description="Apply each object's edge settings, as they will be used.")
    ] = False,
) -> FrameMasks | Response:
    """The masks of a frame that are known, by object. Nothing is computed for it."""
    masks = views.frame_masks(project, frame, edges)
    if request.headers.get("accept", "").startswith("image/png"):
        return Response(views.mask_picture(project, masks), media_type="image/png")
    return masks


@router.get("/masks")
def get_mask_range(
    project: TheProject,
    first: Annotated[int, Query(ge=0, lt=1 << 31)],
    end: Annotated[int, Query(ge=1, lt=1 << 31, description="The last frame + 1.")],
    edges: bool = False,
) -> MaskRange:
    """The masks of up to 64 frames at once, for playing."""
    return views.mask_range(project, first, end, edges)


@router.post("/objects/{number}/edge")
def try_edge(project: TheProject, number: ObjectPath, wanted: TryEdge) -> Shaped:
    """An object's mask with other edge settings, which are not kept: for sliders."""
    return views.shaped(project, number, wanted)


@router.get("/objects/{number}/confidence")
def get_confidence(project: TheProject, number: ObjectPath) -> Confidence:
    """How sure the tracker is of an object on every frame."""
    return views.confidence(project, number)
