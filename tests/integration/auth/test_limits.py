"""Limits of requests, and of the responses to invalid ones (spec 4)."""

import json
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from services.auth.registry_tokens.request import MAX_FORM_BYTES, parse_fields
from tests.integration.auth.conftest import PASSWORD, World

KIB = 1024
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
SESSIONS = "/api/v1/sessions"


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """Yield ``content`` in pieces, so that its length is not declared."""
    for start in range(0, len(content), 4 * KIB):
        yield content[start : start + 4 * KIB]


def form_for(user: str) -> bytes:
    """Return a valid form that ends with the value of `scope`."""
    fields = {
        "service": "moorage",
        "grant_type": "password",
        "username": user,
        "password": PASSWORD,
        "scope": "x",
    }
    return urlencode(fields).encode()


def registry_error(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a response in Distribution's error format."""
    (error,) = answer.json()["errors"]
    assert {"code", "message"} <= set(error)
    return answer.status_code, error["code"]


async def test_form_over_64_kib_gets_413(client: httpx.AsyncClient, world: World) -> None:
    fitting = form_for(await world.add_user("dev")).ljust(64 * KIB, b"x")
    for content in (fitting, in_pieces(fitting)):
        assert (await client.post("/token", content=content, headers=FORM)).status_code == 200
    for content in (fitting + b"x", in_pieces(fitting + b"x")):
        answer = await client.post("/token", content=content, headers=FORM)
        assert registry_error(answer) == (413, "SIZE_INVALID")
        assert "64 KiB" in answer.text


async def test_form_of_more_than_100_fields_gets_400(
    client: httpx.AsyncClient, world: World
) -> None:
    form = form_for(await world.add_user("dev"))
    fields = form.count(b"=")
    fitting = form + b"&a=1" * (100 - fields)
    assert (await client.post("/token", content=fitting, headers=FORM)).status_code == 200
    answer = await client.post("/token", content=fitting + b"&a=1", headers=FORM)
    assert registry_error(answer) == (400, "UNSUPPORTED")
    assert "100 fields" in answer.text


@pytest.mark.parametrize("text", [b"%ff", b"%zz", b"%41a", b"%41\xc3\xa9"])
def test_largest_form_is_decoded_quickly(text: bytes) -> None:
    """The event loop decodes it, and no other request is answered meanwhile.

    It takes at most twice the time that the standard library needs for an ordinary form of this
    length (3 ms). The standard library needs up to four times as long for some of these forms.
    """
    ordinary, form = (b"a=" + part * (MAX_FORM_BYTES // len(part) - 1) for part in (b"%41a", text))

    def seconds(decode: Callable[[], object]) -> float:
        started = time.process_time()
        decode()
        return time.process_time() - started

    pairs = [
        (
            seconds(lambda: parse_fields(form, max_fields=1)),
            seconds(lambda: parse_qsl(ordinary.decode())),
        )
        for _ in range(10)
    ]
    ours, reference = (min(times) for times in zip(*pairs, strict=True))
    assert ours < 2 * reference


@pytest.mark.parametrize("fields", [30_000, 349_000])
async def test_form_of_many_fields_is_refused_quickly(
    client: httpx.AsyncClient, world: World, fields: int
) -> None:
    content = form_for(await world.add_user("dev")) + b"&a" * fields
    started = time.perf_counter()
    answer = await client.post("/token", content=content, headers=FORM)
    assert answer.status_code == (400 if len(content) <= 64 * KIB else 413)
    assert time.perf_counter() - started < 0.5


async def test_query_for_a_token_with_more_than_100_parameters_gets_400(
    client: httpx.AsyncClient,
) -> None:
    fitting = "/token?service=moorage" + "&a=1" * 99
    assert (await client.get(fitting)).status_code == 200
    answer = await client.get(f"{fitting}&a=1")
    assert registry_error(answer) == (400, "UNSUPPORTED")
    assert "100 parameters" in answer.text


async def test_query_of_the_json_api_with_more_than_100_parameters_gets_400(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    fitting = "/api/v1/api-keys?limit=1" + "&a=1" * 99
    assert (await client.get(fitting, headers=me)).status_code == 200
    answer = await client.get(f"{fitting}&a=1", headers=me)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "100 parameters" in answer.json()["detail"]


async def test_json_body_over_64_kib_gets_413(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    fitting = json.dumps({"name": "deploy", "permission": "read"}).encode().ljust(64 * KIB)
    for content in (fitting, in_pieces(fitting)):
        answer = await client.post("/api/v1/api-keys", content=content, headers=JSON | me)
        assert answer.status_code == 201
    for content in (fitting + b" ", in_pieces(fitting + b" ")):
        answer = await client.post("/api/v1/api-keys", content=content, headers=JSON | me)
        assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
        assert "64 KiB" in answer.json()["detail"]


async def test_json_body_of_more_than_1000_fields_gets_one_error(
    client: httpx.AsyncClient, me: dict[str, str]
) -> None:
    """Pydantic needs 10 ms to list the errors of the 7,000 fields that fit into a body."""
    content = json.dumps({str(number): 0 for number in range(1001)}).encode()
    answer = await client.post("/api/v1/api-keys", content=content, headers=JSON | me)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert "1001 fields" in error["message"]


@pytest.mark.parametrize("depth", [500, 1500, 30_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
async def test_deeply_nested_body_is_refused(
    client: httpx.AsyncClient, me: dict[str, str], depth: int, opening: str
) -> None:
    content = (opening * depth)[: 64 * KIB - 1].encode()
    if len(opening) == 1:
        content += b"]" * min(depth, 64 * KIB - len(content))
    answer = await client.post("/api/v1/api-keys", content=content, headers=JSON | me)
    assert answer.status_code in (400, 422)


async def test_session_body_over_16_kib_gets_413(client: httpx.AsyncClient, world: World) -> None:
    credentials = {"username": world.name("owner"), "password": PASSWORD}
    fitting = json.dumps(credentials).encode().ljust(16 * KIB)
    for content in (fitting, in_pieces(fitting)):
        assert (await client.post(SESSIONS, content=content, headers=JSON)).status_code == 201
    for content in (fitting + b" ", in_pieces(fitting + b" ")):
        answer = await client.post(SESSIONS, content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
        assert "16 KiB" in answer.json()["detail"]


async def test_body_over_16_kib_of_a_path_under_sessions_gets_413(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(f"{SESSIONS}/refresh", content=b" " * (16 * KIB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


async def test_large_session_body_is_refused_quickly(client: httpx.AsyncClient) -> None:
    content = json.dumps({f"field-{number}": 1 for number in range(50_000)}).encode()
    started = time.perf_counter()
    answer = await client.post(SESSIONS, content=content, headers=JSON)
    assert answer.status_code == 413
    assert time.perf_counter() - started < 0.5
    assert len(answer.content) < KIB


async def test_validation_error_lists_at_most_20_fields(client: httpx.AsyncClient) -> None:
    body = {"password": "x", **{f"field-{number}": 1 for number in range(500)}}
    answer = await client.post(SESSIONS, json=body)
    assert answer.status_code == 422
    fields = [item["field"] for item in answer.json()["errors"]]
    assert fields == ["username", *(f"field-{number}" for number in range(19))]
    assert answer.json()["detail"].endswith("and 481 more fields")


async def test_validation_error_of_20_fields_has_no_remainder(client: httpx.AsyncClient) -> None:
    body = {"password": "x", **{f"field-{number}": 1 for number in range(19)}}
    answer = await client.post(SESSIONS, json=body)
    assert len(answer.json()["errors"]) == 20
    assert "more field" not in answer.json()["detail"]


@pytest.mark.parametrize("character", ["x", "名", "\U0001f600", "\x01", '"'])
async def test_validation_error_with_long_field_names_has_at_most_16_kib(
    client: httpx.AsyncClient, character: str
) -> None:
    body = {str(number) + character * (15 * KIB // 18 // 12): 1 for number in range(17)}
    body["18" + character * 60] = 1
    answer = await client.post(SESSIONS, content=json.dumps(body).encode(), headers=JSON)
    assert answer.status_code == 422
    assert len(answer.content) <= 16 * KIB
    assert len(answer.json()["errors"]) == 20
    assert all(len(item["field"]) <= 64 for item in answer.json()["errors"])


async def test_cookies_over_8_kib_get_431(client: httpx.AsyncClient) -> None:
    """The framework parses the cookies of every request. 64 KiB of them take 10 ms."""
    for path in (f"{SESSIONS}/refresh", "/api/v1/api-keys"):
        fitting = await client.post(path, headers={"Cookie": "a=1;".ljust(8 * KIB, "x")})
        assert fitting.status_code in (204, 401)
        answer = await client.post(path, headers={"Cookie": "a=1;".ljust(8 * KIB + 1, "x")})
        assert (answer.status_code, answer.json()["code"]) == (431, "request_headers_too_large")
        assert "8 KiB" in answer.json()["detail"]


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/refresh"])
@pytest.mark.parametrize("origin", ["http://[x", "http://[::1", "http://]", "null", "", "//", "["])
async def test_malformed_origin_is_another_site(
    client: httpx.AsyncClient, path: str, origin: str
) -> None:
    body = {"username": "dev", "password": "x"} if path == SESSIONS else None
    answer = await client.post(path, json=body, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")
