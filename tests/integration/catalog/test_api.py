"""Rules of every route: authentication, a constant number of queries, and a complete document."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg
import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from tests.kit.database import Database

_REPOSITORIES = """
    INSERT INTO catalog.repositories (namespace_id, name)
    SELECT id, 'app-' || number FROM catalog.namespaces, generate_series(1, 5) number
"""
_NAMESPACES = """
    INSERT INTO catalog.namespaces (account_id, name, visibility)
    SELECT id, 'team-' || number, 'private' FROM catalog.accounts, generate_series(1, 40) number
    WHERE username = 'acme'
"""
_DOCKER_USERS = """
    INSERT INTO catalog.docker_users (account_id, username, password_hash)
    SELECT id, 'ci-' || number, 'none' FROM catalog.accounts, generate_series(1, 40) number
    WHERE username = 'acme'
"""
_GRANTS = """
    INSERT INTO catalog.grants
    SELECT n.id, u.id, 'pull' FROM catalog.namespaces n, catalog.docker_users u
"""
_TERMINATE_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = $1 AND pid <> pg_backend_pid()
"""
LISTS = (
    "docker-users",
    "docker-users/ci-1/grants",
    "namespaces",
    "namespaces/team-1/grants",
    "repositories",
    "repositories?view=shared",
    "repositories?view=public&sort=-pull_count",
    "images/team-1/app-1",
    "audit",
)


def _operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    paths = app.openapi()["paths"]
    return [
        (method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


async def test_every_route_refuses_an_anonymous_client(
    app: FastAPI, anonymous: httpx.AsyncClient
) -> None:
    operations = _operations(app)
    assert len(operations) > 25
    for method, path, _ in operations:
        url = re.sub(r"\{\w+\}", "name", path)
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
            response = await anonymous.request(method, url, headers=headers, json={})
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated"), (
                method,
                path,
            )


def test_the_document_describes_every_operation_and_its_errors(app: FastAPI) -> None:
    document = app.openapi()
    names = [operation["operationId"] for _, _, operation in _operations(app)]
    assert len(names) == len(set(names))
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert references <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in references
    for method, path, operation in _operations(app):
        assert operation["tags"], path
        assert operation["description"], path
        assert {"401", "503"} <= operation["responses"].keys(), path
        assert ("{" not in path) or "404" in operation["responses"], path
        assert (method not in ("post", "put", "patch")) or "422" in operation["responses"], path
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


_in_request: ContextVar[bool] = ContextVar("in_request", default=False)


@contextmanager
def _statements(app: FastAPI) -> Iterator[list[str]]:
    """Collect the statements of requests that are sent in the context.

    The app's workers use the same engine. Their tasks do not inherit the context variable.
    """
    seen: list[str] = []

    def listen(*arguments: Any) -> None:
        if _in_request.get():
            seen.append(arguments[2])

    engine = app.state.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    token = _in_request.set(True)
    try:
        yield seen
    finally:
        _in_request.reset(token)
        sa.event.remove(engine, "before_cursor_execute", listen)


async def _count(app: FastAPI, client: httpx.AsyncClient, path: str) -> tuple[int, int]:
    """Return how many statements the list ``path`` runs and how many items it returns."""
    with _statements(app) as seen:
        response = await client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.text
    return len(seen), len(response.json()["items"])


async def test_a_longer_list_runs_the_same_number_of_queries(
    app: FastAPI, acme: httpx.AsyncClient, other: httpx.AsyncClient, emptied: Database
) -> None:
    await emptied.execute(_NAMESPACES.replace("40", "1"))
    await emptied.execute(_DOCKER_USERS.replace("40", "1"))
    await emptied.execute(_REPOSITORIES.replace("5)", "1)"))
    few = {path: await _count(app, acme, path) for path in LISTS}
    await emptied.execute("TRUNCATE catalog.namespaces, catalog.docker_users CASCADE")
    for statement in (_NAMESPACES, _DOCKER_USERS, _REPOSITORIES, _GRANTS):
        await emptied.execute(statement)
    many = {path: await _count(app, acme, path) for path in LISTS}
    assert {path: queries for path, (queries, _) in few.items()} == {
        path: queries for path, (queries, _) in many.items()
    }
    assert {path: items for path, (_, items) in many.items() if items} == {
        "docker-users": 40,
        "docker-users/ci-1/grants": 40,
        "namespaces": 40,
        "namespaces/team-1/grants": 40,
        "repositories": 50,
    }
    assert all(0 < queries <= 4 for queries, _ in many.values())


async def test_a_malformed_body_is_refused_with_a_problem_document(acme: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    deep = b'{"name":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    for content, status in (
        (b"{", 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
        (b'"\xff"', 400),
        (deep, 400),
        (b" " * 1_100_000, 413),
    ):
        response = await acme.post("/api/v1/namespaces", content=content, headers=headers)
        assert response.status_code == status, content[:20]
        assert response.headers["content-type"] == "application/problem+json"


async def test_the_size_limit_applies_to_a_body_without_content_length(
    acme: httpx.AsyncClient,
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 10_000

    response = await acme.post(
        "/api/v1/namespaces", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (413, "content_too_large")


async def test_times_are_in_utc_and_end_with_z(acme: httpx.AsyncClient) -> None:
    body = (
        await acme.post("/api/v1/namespaces", json={"name": "team", "visibility": "private"})
    ).json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", body["created_at"])


async def test_a_request_without_a_database_is_answered_503(
    app: FastAPI, acme: httpx.AsyncClient, emptied: Database
) -> None:
    role = f"{emptied.name}_catalog"
    connection = await asyncpg.connect(emptied.urls["catalog"])
    await emptied.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    try:
        await connection.execute(_TERMINATE_OTHERS, role)
        # As the server does, answer an unexpected error instead of raising it.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=acme.base_url, headers=acme.headers
        ) as client:
            response = await client.get("/api/v1/namespaces")
    finally:
        await emptied.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
        await connection.close()
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert "Retry-After" in response.headers
    assert (await acme.get("/api/v1/namespaces")).status_code == 200
