"""Generated valid and invalid calls of every operation (schemathesis).

No response is a 5xx, has an undocumented status, or differs from its schema.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.config import HealthCheck
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from ops.docs.openapi import FOLDER
from tests.integration.api.conftest import Keys
from tests.integration.api.operations import OPERATIONS, Operation
from tests.integration.api.serving import Served, serving
from tests.integration.api.world import World, make_world
from tests.kit.database import Database

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
]
_BY_CALL = {(operation.method.upper(), operation.path): operation for operation in OPERATIONS}


def _schema(service: str) -> Any:
    made = schemathesis.openapi.from_path(FOLDER / f"{service}.json")
    made.config.generation.max_examples = 6
    made.config.generation.deterministic = True
    made.config.generation.database = "none"
    made.config.suppress_health_check = [HealthCheck.all]
    made.config.generation.with_security_parameters = False
    # Operations ignore unknown query parameters.
    made.config.generation.allow_extra_parameters = False
    # Besides the default, 414: a generated query can be longer than 8 KiB.
    refused = made.config.checks.negative_data_rejection
    refused.expected_statuses = [*refused.expected_statuses, "414"]
    return made


auth, catalog, events = _schema("auth"), _schema("catalog"), _schema("events")


@pytest.fixture(scope="module")
def served(api_database: Database, api_keys: Keys) -> Iterator[Served]:
    with serving(api_database, api_keys.directory, api_keys.session) as started:
        yield started


class Callers:
    """The worlds of a member and an administrator, replaced when a call ends their session."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._worlds: dict[str, World] = {}
        self._admin_first = False

    def world(self, role: str) -> World:
        """Return the world whose owner has ``role``."""
        if role not in self._worlds:
            self._worlds[role] = self._served.run(make_world(self._served.installation, role))
        return self._worlds[role]

    def forget(self, role: str) -> None:
        """Replace the world at the next call, because its session has ended."""
        self._worlds.pop(role, None)

    def roles(self) -> tuple[str, str]:
        """Return both roles, in alternating order."""
        self._admin_first = not self._admin_first
        return ("admin", "member") if self._admin_first else ("member", "admin")


@pytest.fixture(scope="module")
def callers(served: Served) -> Callers:
    return Callers(served)


def _check(case: Any, service: str, served: Served, callers: Callers) -> None:
    """Send the generated call, and the same call with existing names, in different roles."""
    one, other = callers.roles()
    url = served.urls[service]
    operation = _BY_CALL.get((case.method.upper(), case.operation.path))
    _call(case, url, operation, callers, one, [*CHECKS, negative_data_rejection])
    if operation is not None and case.path_parameters:
        case.path_parameters = {**case.path_parameters, **operation.names(callers.world(other))}
        _call(case, url, operation, callers, other, CHECKS)


def _call(
    case: Any,
    url: str,
    operation: Operation | None,
    callers: Callers,
    role: str,
    checks: list[CheckFunction],
) -> None:
    response = case.call(base_url=url, headers=callers.world(role).owner.bearer)
    if operation is not None and operation.id == "restore_from_trash":
        # The registry is unreachable here.
        checks = [check for check in checks if check is not not_a_server_error]
    case.validate_response(response, checks=checks)
    if response.status_code == 401 or (
        operation is not None and operation.ends_session and response.status_code < 300
    ):
        callers.forget(role)


@auth.parametrize()  # type: ignore[untyped-decorator]
def test_generated_calls_of_auth_match_its_openapi_document(
    case: Any, served: Served, callers: Callers
) -> None:
    _check(case, "auth", served, callers)


@catalog.parametrize()  # type: ignore[untyped-decorator]
def test_generated_calls_of_catalog_match_its_openapi_document(
    case: Any, served: Served, callers: Callers
) -> None:
    _check(case, "catalog", served, callers)


@events.parametrize()  # type: ignore[untyped-decorator]
def test_generated_calls_of_events_match_its_openapi_document(
    case: Any, served: Served, callers: Callers
) -> None:
    _check(case, "events", served, callers)
