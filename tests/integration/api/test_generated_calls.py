"""Generated calls, valid and not, of every operation: no 5xx, no undocumented status, answers as the documents say (schemathesis)."""

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
    made.config.generation.allow_extra_parameters = (
        False  # a query may hold what an operation does not know
    )
    return made


auth, catalog, events = _schema("auth"), _schema("catalog"), _schema("events")


@pytest.fixture(scope="module")
def served(api_database: Database, api_keys: Keys) -> Iterator[Served]:
    with serving(api_database, api_keys.directory, api_keys.session) as started:
        yield started


class Callers:
    """A world of a member and one of an administrator; each is made anew when a call has ended its session."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._worlds: dict[str, World] = {}
        self._turn = False

    def world(self, role: str) -> World:
        """The account of that ``role``, signed in."""
        if role not in self._worlds:
            self._worlds[role] = self._served.run(make_world(self._served.installation, role))
        return self._worlds[role]

    def forget(self, role: str) -> None:
        """Its session is over."""
        self._worlds.pop(role, None)

    def take_turns(self) -> tuple[str, str]:
        """The two roles, in the other order each time."""
        self._turn = not self._turn
        return ("admin", "member") if self._turn else ("member", "admin")


@pytest.fixture(scope="module")
def callers(served: Served) -> Callers:
    return Callers(served)


def _check(case: Any, service: str, served: Served, callers: Callers) -> None:
    """The call as it was generated, and with names that are there; one as an administrator and one as a member."""
    one, other = callers.take_turns()
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
    case.validate_response(response, checks=checks)
    if response.status_code == 401 or (
        operation is not None and operation.ends_session and response.status_code < 300
    ):
        callers.forget(role)


@auth.parametrize()  # type: ignore[untyped-decorator]
def test_auth(case: Any, served: Served, callers: Callers) -> None:
    _check(case, "auth", served, callers)


@catalog.parametrize()  # type: ignore[untyped-decorator]
def test_catalog(case: Any, served: Served, callers: Callers) -> None:
    _check(case, "catalog", served, callers)


@events.parametrize()  # type: ignore[untyped-decorator]
def test_events(case: Any, served: Served, callers: Callers) -> None:
    _check(case, "events", served, callers)
