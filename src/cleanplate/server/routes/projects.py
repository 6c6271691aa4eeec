"""``/projects``: make, open, change, undo."""

from __future__ import annotations

from fastapi import APIRouter, Response

from cleanplate.project import SetSettings
from cleanplate.server import creating, views
from cleanplate.server.routes.common import USUAL, Expected, Serving, TheProject
from cleanplate.server.schema.base import failures
from cleanplate.server.schema.projects import NewProject, Project, ProjectChange, ProjectSummary

router = APIRouter(prefix="/projects", tags=["projects"], responses=USUAL)


@router.get("")
def list_projects(serving: Serving) -> list[ProjectSummary]:
    """Every project in the workspace, and those opened from the command line, the latest first."""
    return [views.summary(serving, *one) for one in serving.workspace.all()]


@router.post("", status_code=201, responses=failures(507))
def create_project(wanted: NewProject, serving: Serving) -> Project:
    """Make a project for an upload, for a clip on the server's machine, or with the sample."""
    return get_project(creating.create(serving, wanted), serving)


@router.get("/{project}")
def get_project(project: TheProject, serving: Serving) -> Project:
    """The project as it is now."""
    serving.frames.drafts.want(project.clip())  # it is about to be looked at
    return views.project(project)


@router.patch("/{project}")
def change_project(
    project: TheProject, change: ProjectChange, serving: Serving, expected: Expected
) -> Project:
    """Rename it, or change its settings or its range."""
    project.check(expected)
    if change.settings is not None:
        project.edit(SetSettings(**change.settings.model_dump()), expected)
    if "range" in change.model_fields_set:
        project.change_range(change.range)
    if change.name is not None:
        serving.workspace.rename(project, change.name, serving.jobs.busy(project.id))
    return views.project(project)


@router.delete("/{project}", status_code=204)
def delete_project(project: TheProject, serving: Serving, expected: Expected) -> Response:
    """Put the project into the workspace's trash. Its clip and its exports stay, and so does one
    that lies outside the workspace."""
    project.check(expected)
    serving.jobs.cancel_all(project.id)
    serving.workspace.discard(project)
    return Response(status_code=204)


@router.post("/{project}/undo")
def undo(project: TheProject, serving: Serving, expected: Expected) -> Project:
    """Take the last edit back. 409 where there is none."""
    project.step("undo", expected)
    return views.project(project)


@router.post("/{project}/redo")
def redo(project: TheProject, serving: Serving, expected: Expected) -> Project:
    """Bring back the edit that was undone last. 409 where there is none."""
    project.step("redo", expected)
    return views.project(project)
