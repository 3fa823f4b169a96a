"""Errors as problem documents (RFC 9457)."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import AfterValidator

from libs.common.db.pagination import InvalidCursor
from libs.common.web import problems
from libs.common.web.errors import Conflict, NotFound, TooManyRequests, Unavailable


def refuse(_: str) -> str:
    """Refuse every value, as the rules of names do."""
    raise ValueError("must be a name")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app whose routes fail."""
    app = FastAPI()
    problems.install(app)

    @app.get("/cursor")
    async def cursor() -> None:
        raise InvalidCursor

    @app.get("/number/{number}")
    async def number(number: int) -> None:
        raise TooManyRequests(retry_after=number)

    @app.get("/missing")
    async def missing(length: int) -> None:
        raise NotFound("\x01" * length)

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("a secret")

    @app.post("/list")
    async def items(values: Annotated[list[dict[str, int]], Body(embed=True)]) -> None:
        pass

    @app.post("/body")
    async def body(value: Annotated[str, AfterValidator(refuse), Body(embed=True)]) -> None:
        pass

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def test_an_invalid_cursor_is_reported_by_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cursor")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


async def test_an_invalid_parameter_is_reported_by_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.get("/number/x")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]


async def test_a_rule_is_reported_without_the_prefix_of_pydantic(client: httpx.AsyncClient) -> None:
    answer = await client.post("/body", json={"value": "x"})
    assert answer.json()["errors"] == [{"field": "value", "message": "must be a name"}]


async def test_a_field_in_a_list_is_reported_with_the_name_of_the_list(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/list", json={"values": [{}, {"days": "x"}]})
    assert [error["field"] for error in answer.json()["errors"]] == ["values[1].days"]
    assert answer.json()["detail"].startswith("values[1].days: ")


async def test_invalid_json_is_reported_as_a_problem_of_the_body(client: httpx.AsyncClient) -> None:
    answer = await client.post("/body", content="{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "body"
    assert problem["message"].startswith("is not valid JSON")


async def test_a_rate_limit_names_the_seconds_to_wait(client: httpx.AsyncClient) -> None:
    answer = await client.get("/number/7")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_an_unknown_path_is_a_problem_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_long_detail_is_cut(client: httpx.AsyncClient) -> None:
    answer = await client.get("/missing?length=60000")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"].endswith("…")
    assert len(answer.content) <= 16 * 1024
    assert len((await client.get("/missing?length=500")).json()["detail"]) == 500


async def test_an_unexpected_error_does_not_reveal_its_message(client: httpx.AsyncClient) -> None:
    answer = await client.get("/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


def test_errors_of_one_status_share_one_openapi_response() -> None:
    class Taken(Conflict):
        code, title = "taken", "The name is taken"

    described = problems.responses(Unavailable, NotFound, Conflict, Taken)
    assert list(described) == [404, 409, 503]
    assert described[409]["description"].endswith("; The name is taken (`taken`)")
