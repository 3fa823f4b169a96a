"""Failed logins: they reveal nothing, are throttled, and do not lock a user out (spec 3)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.kit.http.accounts import DockerUser, unique
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import request_token
from tests.kit.stack.run import Stack

ALLOWED_FAILURES = 10
"""The default of AUTH_LOGIN_FAILURES, for each user name and address."""
ADDRESSES = [f"127.0.0.{number}" for number in range(11, 21)]
"""Client addresses. Each test uses its own, because a throttled address stays throttled."""


@contextmanager
def coming_from(address: str, stack: Stack) -> Iterator[httpx.Client]:
    """Open a client that connects from ``address``."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(
        base_url=stack.url, transport=transport, timeout=30, trust_env=False
    ) as client:
        yield client


def fail(client: httpx.Client, username: str, **headers: str) -> httpx.Response:
    """Request a token with a wrong password."""
    credentials = httpx.BasicAuth(username, "wrong-password")
    return client.get("/token", params={"service": "moorage"}, auth=credentials, headers=headers)


def status_of(client: httpx.Client, user: DockerUser) -> int:
    """Request a token with the right password and return the status."""
    return request_token(client, auth=user.credentials).status_code


def exhaust(client: httpx.Client, username: str) -> None:
    """Fail as often as the throttle allows."""
    for _ in range(ALLOWED_FAILURES):
        assert fail(client, username).status_code == 401


def test_unknown_user_and_wrong_password_have_the_same_answer(stack: Stack, tenant: Tenant) -> None:
    with coming_from(ADDRESSES[0], stack) as client:
        unknown, wrong = fail(client, unique("nobody")), fail(client, tenant.granted.username)
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.content == wrong.content
    varying = {"date", "x-request-id"}
    assert {n: v for n, v in unknown.headers.items() if n not in varying} == {
        n: v for n, v in wrong.headers.items() if n not in varying
    }


def test_unknown_user_and_wrong_password_take_the_same_time(stack: Stack, tenant: Tenant) -> None:
    """Compare medians: hashing a password takes tens of ms, skipping it would take one."""
    seconds: dict[str, list[float]] = {"unknown": [], "wrong": []}
    for address in ADDRESSES[:3]:
        with coming_from(address, stack) as client:
            fail(client, unique("warm-up"))
            for _ in range(ALLOWED_FAILURES - 2):
                for kind, username in (
                    ("unknown", unique("nobody")),
                    ("wrong", tenant.other.username),
                ):
                    started = time.perf_counter()
                    assert fail(client, username).status_code == 401
                    seconds[kind].append(time.perf_counter() - started)
    ratio = statistics.median(seconds["unknown"]) / statistics.median(seconds["wrong"])
    assert 0.5 < ratio < 2, seconds


def test_a_throttled_login_gets_429_with_retry_after(stack: Stack, tenant: Tenant) -> None:
    with coming_from(ADDRESSES[3], stack) as client:
        exhaust(client, tenant.granted.username)
        answer = fail(client, tenant.granted.username)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert status_of(client, tenant.other) == 200, "another user of the same address"


def test_throttling_one_address_does_not_lock_the_user_out_at_another(
    stack: Stack, tenant: Tenant
) -> None:
    with coming_from(ADDRESSES[4], stack) as attacker, coming_from(ADDRESSES[5], stack) as owner:
        exhaust(attacker, tenant.granted.username)
        assert fail(attacker, tenant.granted.username).status_code == 429
        assert status_of(owner, tenant.granted) == 200


def test_a_user_who_logged_in_before_the_failures_is_not_throttled(
    stack: Stack, tenant: Tenant
) -> None:
    with coming_from(ADDRESSES[6], stack) as client:
        assert status_of(client, tenant.granted) == 200
        exhaust(client, tenant.granted.username)
        assert fail(client, tenant.granted.username).status_code == 429
        assert status_of(client, tenant.granted) == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_address_headers_of_an_untrusted_client_are_ignored(
    stack: Stack, tenant: Tenant, header: str
) -> None:
    user = tenant.account.make_docker_user()
    prefix = "for=" if header == "Forwarded" else ""
    with coming_from(ADDRESSES[7], stack) as attacker, coming_from(ADDRESSES[8], stack) as owner:
        for number in range(ALLOWED_FAILURES):
            answer = fail(attacker, user.username, **{header: f"{prefix}203.0.113.{number}"})
            assert answer.status_code == 401
        # A new address in the header does not help. The owner's address does not harm the owner.
        fresh = fail(attacker, user.username, **{header: f"{prefix}203.0.113.99"})
        assert fresh.status_code == 429
        assert (
            fail(attacker, user.username, **{header: f"{prefix}{ADDRESSES[8]}"}).status_code == 429
        )
        assert status_of(owner, user) == 200


def test_sign_in_to_the_api_is_throttled_like_docker_login(stack: Stack, tenant: Tenant) -> None:
    body = {"username": tenant.account.username, "password": "wrong-password"}
    with coming_from(ADDRESSES[9], stack) as attacker, coming_from(ADDRESSES[0], stack) as owner:
        statuses = [
            attacker.post("/api/v1/sessions", json=body).status_code
            for _ in range(ALLOWED_FAILURES + 1)
        ]
        assert statuses == [401] * ALLOWED_FAILURES + [429]
        right = {**body, "password": tenant.account.password}
        assert owner.post("/api/v1/sessions", json=right).status_code == 201
