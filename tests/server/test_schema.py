"""Requests drawn from the API's own description: none may bring the server down, and every answer
is one that the description promises."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks
from servers import API, TOKEN, client_of

from cleanplate.server.app import PREFIX, description

EXAMPLES = 8
"""Requests to each operation: some four hundred in all."""


@pytest.fixture(scope="module")
def api(tmp_path_factory, scene):
    """The description, with an app behind it that has a project, and no networks."""
    from cleanplate.server.settings import ServerSettings

    folder = tmp_path_factory.mktemp("api") / "Cleanplate"
    folder.mkdir()
    (folder / "disc.mp4").write_bytes(scene.path.read_bytes())
    (folder / "Clips").mkdir()
    # Drawing the sample takes seconds, and is asked for again and again.
    (folder / "Clips" / "Sample street.mp4").write_bytes(scene.path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANPLATE_MODELS", str(tmp_path_factory.mktemp("models")))
        patch.setenv("CLEANPLATE_CUSTOM", str(tmp_path_factory.mktemp("networks")))
        patch.setenv("CLEANPLATE_OFFLINE", "1")
        with client_of(ServerSettings(folder=folder, token=TOKEN)) as client:
            made = client.post(f"{API}/projects", json={"path": "disc.mp4"}).json()
            client.post(f"{API}/projects/{made['id']}/objects", json={"name": "Ball"})
            loaded = schemathesis.openapi.from_asgi(
                f"{PREFIX}/openapi.json",
                client.app,
                headers={"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1:8427"},
            )
            loaded.project = made["id"]
            yield loaded


HEADERS = {"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1:8427"}

NOT_OURS = [
    # What is refused or granted is for the other tests; here, that nothing breaks.
    checks.positive_data_acceptance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.missing_required_header,
]


def test_every_answer_is_as_described(api):
    trouble = {}
    for found in api.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("events"):
            continue  # streams that do not end; tests/server/test_jobs.py listens to them
        try:
            _try(operation, api.project)
        except BaseException as error:
            trouble[operation.label] = str(error)[:1500]
    assert not trouble, "\n\n".join(f"{label}: {said}" for label, said in trouble.items())


def _try(operation, project: str) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def one(case):
        gone = case.method == "DELETE"
        if "project" in case.path_parameters and not gone:
            case.path_parameters["project"] = project
        if "number" in case.path_parameters and not gone:
            case.path_parameters["number"] = 1
        # Schemathesis 4.32 turns this answer's `prefixItems` into an `items` that it then refuses.
        pairs = operation.label.endswith("/previews")
        more = [checks.response_schema_conformance] if pairs else []
        case.call_and_validate(headers=HEADERS, excluded_checks=[*NOT_OURS, *more])

    one()


def test_every_operation_is_explained(client):
    """With a summary, a description of every parameter's shape, and an example where it has a body
    that is not obvious."""
    made = description(client.app)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert operation["operationId"].isidentifier()
    for name, shape in made["components"]["schemas"].items():
        assert shape.get("description") or name == "Event", name
