"""Invalid input gets an error that names the field, and never a 5xx."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from libs.common.web.service import MAX_BODY
from tests.integration.api.installation import Installation
from tests.integration.api.operations import OPERATIONS, Operation
from tests.integration.api.world import World

WITH_BODY = [
    operation
    for operation in OPERATIONS
    if "requestBody" in operation.document and operation.path != "/token"
]
WITH_QUERY = [
    operation
    for operation in OPERATIONS
    if operation.parameters("query") and operation.path != "/token"
]
TO_COMPARE = {
    ("create_session", "username"),
    ("create_session", "password"),
    ("change_own_password", "current_password"),
}
"""Fields that are only compared. An impossible value is as wrong as any other."""
OF_EACH_TYPE: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "true",
    "1",
    [],
    ["x"],
    {},
    {"x": 1},
]
UNPRINTABLE = [
    "nul \0 inside it",
    "line\nbreak inside",
    "\x1b[31mred text",
    "\x7f rubbed out",
    "\x85 next line",
    "half \ud800 a pair",
]
INVALID_NAMES = [
    "",
    "a",
    "-ab",
    "Team",
    "a b",
    "ab/",
    "/ab",
    "ab\n",
    "a" * 300,
    "名字",
    "a%b",
    "..",
    "*",
    "ab:80",
    "ab@sha256",
]
INVALID_TIMES: list[Any] = [
    "2030-01-01T00:00:00",
    "2030-01-01",
    "12:00:00Z",
    "tomorrow",
    "",
    "2030-02-30T00:00:00Z",
    "2030-01-01T25:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "2020-01-01T00:00:00Z",
    "+99999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    "9999-12-31T23:59:59.999999Z",
]
TIMED = [operation for operation in WITH_BODY if "date-time" in json.dumps(operation.fields())]
NAMED = [operation for operation in WITH_BODY if '"pattern"' in json.dumps(operation.fields())]
by_body = pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)


@pytest.fixture
async def client(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator, who can call every operation."""
    admin = await installation.person("admin")
    async with installation.client(admin.token) as made:
        yield made


async def _send(
    client: httpx.AsyncClient, operation: Operation, world: World, body: Any
) -> httpx.Response:
    # JSON escapes carry text that is not valid Unicode.
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return await client.request(
        operation.method.upper(), operation.url(world), content=content, headers=headers
    )


def _body_limit(operation: Operation) -> int:
    """Return the limit of the operation's body, in bytes (spec 4)."""
    return 16 * 1024 if operation.path.startswith("/api/v1/sessions") else MAX_BODY


def _is_refused(answer: httpx.Response, field: str, *, compared: bool = False) -> bool:
    if compared and answer.status_code in (401, 403, 429):
        return True
    fields = (
        [item["field"] for item in answer.json()["errors"]] if answer.status_code == 422 else []
    )
    return answer.headers["content-type"] == "application/problem+json" and {
        re.split(r"[.\[]", item)[0] for item in fields
    } == {field}


@by_body
async def test_a_body_over_the_limit_gets_413(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    limit = _body_limit(operation)

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(limit // 8192 + 1):
            yield b" " * 8192

    for content in (b" " * (limit + 1), in_pieces()):
        answer = await client.request(
            operation.method.upper(),
            operation.url(world),
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
    fitting = await _send(client, operation, world, b" " * limit)
    assert fitting.status_code == 422


@by_body
async def test_a_body_that_is_not_a_json_object_is_refused(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    good = json.dumps(operation.body(world)).encode()
    is_required = operation.document["requestBody"].get("required", False)
    deep = [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000]
    for content in (
        *((b"", b"null") if is_required else ()),
        b"[]",
        b'"x"',
        b"1",
        b"{",
        good[:-1],
        good + b"x",
        b"[" + good + b"]",
        b"NaN",
        b'"\xff"',
        b"\xff\xfe{}",
        *deep,
    ):
        answer = await _send(client, operation, world, content)
        too_large = len(content) > _body_limit(operation)
        expected = (413,) if too_large else (400, 422)
        assert answer.status_code in expected, (content[:40], answer.text)
        assert str(answer.status_code) in operation.document["responses"]
        assert answer.headers["content-type"] == "application/problem+json"
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
    ):
        answer = await client.request(
            operation.method.upper(),
            operation.url(world),
            content=good,
            headers={"Content-Type": kind},
        )
        assert answer.status_code == 422, kind


@by_body
async def test_the_error_names_a_field_of_the_wrong_type(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    for field, schema in operation.fields().items():
        rule = Draft202012Validator({**schema, "components": {"schemas": operation.schemas}})
        for value in OF_EACH_TYPE:
            if rule.is_valid(value):
                continue
            answer = await _send(client, operation, world, operation.body(world) | {field: value})
            assert _is_refused(answer, field), (field, value, answer.text)
    for field in operation.required_fields():
        body = {name: value for name, value in operation.body(world).items() if name != field}
        assert _is_refused(await _send(client, operation, world, body), field)


def _is_string(schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    return any(
        kind.get("type") == "string" and "enum" not in kind and "const" not in kind
        for kind in kinds
    )


@by_body
async def test_the_error_names_a_field_with_unprintable_characters(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    for field, schema in operation.fields().items():
        for value in [*UNPRINTABLE, "x" * 10_000] if _is_string(schema) else []:
            answer = await _send(client, operation, world, operation.body(world) | {field: value})
            assert _is_refused(answer, field, compared=(operation.id, field) in TO_COMPARE), (
                field,
                value[:30],
                answer.text,
            )


@pytest.mark.parametrize("operation", NAMED, ids=lambda operation: operation.id)
async def test_the_error_names_a_field_with_an_invalid_name(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    for field, schema in operation.fields().items():
        patterns = [
            kind["pattern"] for kind in (schema, *schema.get("anyOf", [])) if "pattern" in kind
        ]
        for value in INVALID_NAMES if patterns else []:
            if value == "a" and operation.id == "create_repository" and field == "name":
                continue  # a repository name can have one character
            answer = await _send(client, operation, world, operation.body(world) | {field: value})
            assert _is_refused(answer, field), (field, value, answer.text)


@pytest.mark.parametrize("operation", TIMED, ids=lambda operation: operation.id)
async def test_the_error_names_a_field_that_is_not_a_future_time(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    for field in (
        name for name, schema in operation.fields().items() if "date-time" in json.dumps(schema)
    ):
        for value in INVALID_TIMES:
            answer = await _send(client, operation, world, operation.body(world) | {field: value})
            assert _is_refused(answer, field), (field, value, answer.text)


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda operation: operation.id)
async def test_the_error_names_an_invalid_query_parameter(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> None:
    for name, parameter in operation.parameters("query").items():
        schema = json.dumps(parameter["schema"])
        wrong: list[Any] = ["nul\0", "line\nbreak", "\x1b[31m", "x" * 6000]
        wrong += INVALID_TIMES[:8] if "date-time" in schema else []
        wrong += ["no such", "NAME"] if "enum" in schema else []
        for value in wrong:
            query = {**_good_query(operation, world), name: value}
            answer = await client.request(
                operation.method.upper(),
                operation.url(world),
                params=query,
                json=operation.body(world),
            )
            nothing = name == "repository" and answer.status_code == 404
            assert nothing or _is_refused(answer, name), (
                name,
                value[:20],
                answer.status_code,
                answer.text,
            )


def _good_query(operation: Operation, world: World) -> dict[str, str]:
    if operation.id == "explain_access":
        return {"repository": world.path, "action": "pull"}
    return {}
