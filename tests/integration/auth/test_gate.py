"""The gate revives the blobs that clients need, and only for a valid token (spec 7)."""

import asyncio
import random
import secrets
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from libs.common.security.jwt import load_signing_keys
from ops.db.postgres import EmbeddedServer
from services.auth.gate import marks, usecases
from tests.integration.auth.conftest import Replica, running
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.relay import relay
from tests.kit.stack.garbage import Garbage
from tests.kit.waiting import soon

UPLOADS = "/v2/team/app/blobs/uploads/"
UNCONFIRMED = (403, "unconfirmed", "2")
ALLOWED = (204, "", "")
Sign = Callable[..., str]


def digest() -> str:
    return f"sha256:{secrets.token_hex(32)}"


def check_of(blob: str) -> tuple[str, str]:
    return "HEAD", f"/v2/team/app/blobs/{blob}"


def mount_of(blob: str) -> tuple[str, str]:
    return "POST", f"{UPLOADS}?mount={blob}&from=team/base"


def completion_of(blob: str) -> tuple[str, str]:
    return "PUT", f"{UPLOADS}1?digest={blob}"


GATED = [check_of, mount_of, completion_of]
UNGATED = [("PATCH", f"{UPLOADS}1"), ("POST", UPLOADS), ("DELETE", f"{UPLOADS}1")]


@pytest.fixture(autouse=True)
async def garbage(database: Database) -> Garbage:
    """The marks. The leases of the replicas of earlier tests are gone."""
    await database.execute("DELETE FROM catalog.gates")
    return Garbage(database.urls["catalog"])


@pytest.fixture(scope="module")
def sign(secrets_dir: Path) -> Sign:
    (key,) = load_signing_keys(secrets_dir / "token-keys")
    return lambda *scopes: sign_registry_token(key, "alice", *(f"repository:{s}" for s in scopes))


@pytest.fixture(scope="module")
def token(sign: Sign) -> str:
    return sign("team/app:pull,push", "team/base:pull")


async def ask(
    client: httpx.AsyncClient, request: tuple[str, str], token: str | None
) -> httpx.Response:
    method, uri = request
    headers = {"X-Original-Method": method, "X-Original-URI": uri}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return await client.get("/internal/gate", headers=headers)


async def verdict(
    client: httpx.AsyncClient, request: tuple[str, str], token: str | None
) -> tuple[int, str, str]:
    answer = await ask(client, request, token)
    given = answer.headers
    return answer.status_code, given.get("x-refusal", ""), given.get("retry-after", "")


async def confirmed(garbage: Garbage, generation: int, *, gates: int = 1) -> None:
    """Wait until ``gates`` gates have confirmed the generation, and every other lease has ended."""
    await soon(
        garbage.gates,
        lambda seen: (
            len([known for known, left in seen if left > 0 and known >= generation]) == gates
            and all(known >= generation for known, left in seen if left > 0)
        ),
        within=8,
        what="the confirmation of every gate",
    )


@pytest.mark.parametrize("request_of", GATED)
async def test_request_for_a_doomed_blob_revives_it_before_the_answer(
    client: httpx.AsyncClient,
    garbage: Garbage,
    token: str,
    request_of: Callable[[str], tuple[str, str]],
) -> None:
    doomed, other = digest(), digest()
    await confirmed(garbage, await garbage.mark(doomed, other))
    assert await verdict(client, request_of(doomed), token) == ALLOWED
    assert await garbage.states(doomed, other) == [None, "doomed"]
    assert await verdict(client, request_of(doomed), token) == ALLOWED


async def test_blob_that_is_marked_again_is_revived_again(
    client: httpx.AsyncClient, garbage: Garbage, token: str
) -> None:
    doomed = digest()
    for _ in range(3):
        await confirmed(garbage, await garbage.mark(doomed))
        assert await verdict(client, check_of(doomed), token) == ALLOWED
        assert await garbage.states(doomed) == [None]


async def test_check_and_mount_of_a_blob_that_is_being_deleted_get_another_address(
    client: httpx.AsyncClient, garbage: Garbage, token: str
) -> None:
    deleting = digest()
    await confirmed(garbage, await garbage.mark(deleting, state="deleting"))
    for request, uri in (
        (check_of(deleting), f"/v2/team/app/blobs/sha256:{'0' * 64}"),
        (mount_of(deleting), UPLOADS),
    ):
        answer = await ask(client, request, token)
        assert (answer.status_code, answer.headers["x-registry-uri"]) == (204, uri)
    assert await garbage.states(deleting) == ["deleting"]


async def test_completion_waits_until_the_blob_is_deleted(
    client: httpx.AsyncClient, garbage: Garbage, token: str
) -> None:
    deleting = digest()
    await confirmed(garbage, await garbage.mark(deleting, state="deleting"))
    waiting = asyncio.create_task(verdict(client, completion_of(deleting), token))
    done, _ = await asyncio.wait([waiting], timeout=1)
    assert not done
    await garbage.remove(deleting)
    assert await asyncio.wait_for(waiting, 2) == ALLOWED


async def test_completion_gets_a_refusal_if_the_deletion_takes_too_long(
    client: httpx.AsyncClient, garbage: Garbage, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert usecases.WAIT_SECONDS == 20
    monkeypatch.setattr(usecases, "WAIT_SECONDS", 1.5)
    deleting = digest()
    await confirmed(garbage, await garbage.mark(deleting, state="deleting"))
    started = time.monotonic()
    assert await verdict(client, completion_of(deleting), token) == (403, "deleting", "5")
    assert 1 <= time.monotonic() - started <= 2
    assert await garbage.states(deleting) == ["deleting"]


async def test_metrics_count_revivals_and_refusals_by_reason(
    client: httpx.AsyncClient,
    garbage: Garbage,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def counted() -> list[float]:
        text = (await client.get("/metrics")).text
        names = ("moorage_gate_revived_total", 'moorage_gate_refused_total{reason="deleting"}')
        return [float(text.partition(f"\n{name} ")[2].split()[0]) for name in names]

    monkeypatch.setattr("services.auth.gate.usecases.WAIT_SECONDS", 0.0)
    doomed, deleting = digest(), digest()
    await garbage.mark(doomed)
    await confirmed(garbage, await garbage.mark(deleting, state="deleting"))
    revived, refused = await counted()
    assert await verdict(client, check_of(doomed), token) == ALLOWED
    await ask(client, completion_of(deleting), token)
    assert await counted() == [revived + 1, refused + 1]


@pytest.mark.parametrize("request_of", GATED)
async def test_request_without_the_right_token_revives_nothing_and_goes_to_the_registry(
    client: httpx.AsyncClient,
    garbage: Garbage,
    sign: Sign,
    token: str,
    request_of: Callable[[str], tuple[str, str]],
) -> None:
    doomed, deleting = digest(), digest()
    await garbage.mark(doomed)
    await confirmed(garbage, await garbage.mark(deleting, state="deleting"))
    insufficient = sign("team/app:pull") if request_of is not check_of else sign("team/app:push")
    for wrong in (None, "", "x", token[:-9] + "AAAAAAAAA", sign("team/other:*"), insufficient):
        for blob in (doomed, deleting):
            answer = await ask(client, request_of(blob), wrong)
            assert (answer.status_code, "x-registry-uri" in answer.headers) == (204, False), wrong
    assert await garbage.states(doomed, deleting) == ["doomed", "deleting"]
    assert await verdict(client, request_of(doomed), sign("team/app:*", "team/base:*")) == ALLOWED
    assert await garbage.states(doomed) == [None]


async def test_each_gated_request_with_a_valid_token_touches_its_blob(
    client: httpx.AsyncClient, garbage: Garbage, sign: Sign, token: str
) -> None:
    touched, untouched = [digest() for _ in GATED], [digest() for _ in GATED]
    for request_of, blob, other in zip(GATED, touched, untouched, strict=True):
        assert await verdict(client, request_of(blob), token) == ALLOWED
        await verdict(client, request_of(other), sign("team/other:pull,push"))
    await soon(
        lambda: garbage.touched(*touched, *untouched),
        lambda seen: seen == set(touched),
        within=4,
        what="the touches",
    )


async def test_every_replica_confirms_a_generation(
    replica: Replica, garbage: Garbage, token: str
) -> None:
    clients = [await replica(), await replica()]
    doomed = [digest(), digest()]
    generation = await garbage.mark(*doomed)
    started = time.monotonic()
    await soon(
        garbage.gates,
        lambda seen: len([1 for known, left in seen if left > 0 and known >= generation]) == 2,
        within=1,
        what="the confirmation of both gates",
    )
    print(f"two gates confirmed after {(time.monotonic() - started) * 1000:.0f} ms")
    for client, blob in zip(clients, doomed, strict=True):
        assert await verdict(client, check_of(blob), token) == ALLOWED
    assert await garbage.states(*doomed) == [None, None]


async def test_replica_without_the_database_refuses_gated_requests_before_its_lease_ends(
    database: Database,
    garbage: Garbage,
    secrets_dir: Path,
    postgres_server: EmbeddedServer,
    token: str,
) -> None:
    async with relay(postgres_server.port) as line:
        address = database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            for break_off in (line.cut, _hanging(line.hang)):
                known, before, late = digest(), digest(), digest()
                await soon(
                    partial(verdict, client, check_of(before), token),
                    lambda seen: seen == ALLOWED,
                    within=8,
                )
                await confirmed(garbage, await garbage.mark(known))
                await break_off()
                cut_at = time.monotonic()
                assert await verdict(client, check_of(known), token) == UNCONFIRMED
                await garbage.mark(late)
                await soon(
                    partial(verdict, client, check_of(late), token),
                    lambda seen: seen == UNCONFIRMED,
                    within=5.5,
                )
                refused_at = time.monotonic()
                (lease,) = [left for _, left in await garbage.gates() if left > -2]
                assert refused_at - cut_at <= 5.2
                assert lease <= 0.5, "the lease ends with the answers"
                assert await verdict(client, completion_of(late), token) == UNCONFIRMED
                for method, uri in UNGATED:
                    assert await verdict(client, (method, uri), token) == ALLOWED
                assert await verdict(client, check_of(late), None) == ALLOWED
                await line.cut()
                await line.repair()
                await soon(
                    partial(verdict, client, check_of(late), token),
                    lambda seen: seen == ALLOWED,
                    within=8,
                )
                assert await garbage.states(late) == [None]


def _hanging(hang: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def stop() -> None:
        hang()

    return stop


async def test_replica_that_cannot_load_the_marks_lets_its_lease_end(
    database: Database,
    garbage: Garbage,
    client: httpx.AsyncClient,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marks, "_MAX_BEHIND_SECONDS", 1.0)
    role = f"{database.name}_auth"
    assert await verdict(client, check_of(digest()), token) == ALLOWED
    await database.execute(f"REVOKE SELECT ON catalog.garbage_digests FROM {role}")
    try:
        late = digest()
        generation = await garbage.mark(late)
        await soon(
            lambda: verdict(client, check_of(late), token),
            lambda seen: seen == UNCONFIRMED,
            within=8,
        )
        await soon(garbage.gates, lambda seen: all(left < 0 for _, left in seen), within=2)
    finally:
        await database.execute(f"GRANT SELECT ON catalog.garbage_digests TO {role}")
    await confirmed(garbage, generation)
    assert await verdict(client, check_of(late), token) == ALLOWED
    assert await garbage.states(late) == [None]


async def test_replica_whose_lease_had_ended_loads_the_marks_before_it_answers(
    database: Database,
    garbage: Garbage,
    secrets_dir: Path,
    postgres_server: EmbeddedServer,
    token: str,
) -> None:
    role = f"{database.name}_auth"
    async with relay(postgres_server.port) as line:
        address = database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            assert await verdict(client, check_of(digest()), token) == ALLOWED
            await line.cut()
            await soon(
                lambda: verdict(client, check_of(digest()), token),
                lambda seen: seen == UNCONFIRMED,
                within=6,
            )
            late = digest()
            generation = await garbage.mark(late)  # nobody has to wait for this replica
            await database.execute(f"REVOKE SELECT ON catalog.garbage_digests FROM {role}")
            try:
                await line.repair()
                until = time.monotonic() + 3
                while time.monotonic() < until:
                    assert await verdict(client, check_of(late), token) == UNCONFIRMED
                    assert all(left < 0 for _, left in await garbage.gates())
                    await asyncio.sleep(0.05)
            finally:
                await database.execute(f"GRANT SELECT ON catalog.garbage_digests TO {role}")
            await confirmed(garbage, generation)
            assert await verdict(client, check_of(late), token) == ALLOWED
            assert await garbage.states(late) == [None]


async def test_generation_is_not_raised_in_the_middle_of_a_renewal(database: Database) -> None:
    gate = uuid.uuid4()
    renewing = await asyncpg.connect(database.urls["auth"])
    raising = await asyncpg.connect(database.urls["catalog"])
    try:
        async with renewing.transaction():
            known = await renewing.fetchval("SELECT catalog.renew_gate($1, 1, '5 seconds')", gate)
            raised = asyncio.create_task(
                raising.fetchval(
                    "UPDATE catalog.garbage_state SET generation = generation + 1"
                    " RETURNING generation"
                )
            )
            done, _ = await asyncio.wait([raised], timeout=0.5)
            assert not done, "the raise must see the lease"
        assert await raised == known + 1
        assert await raising.fetchval(
            "SELECT leased_until > clock_timestamp() FROM catalog.gates WHERE id = $1", gate
        )
        await raising.execute("DELETE FROM catalog.gates WHERE id = $1", gate)
    finally:
        await renewing.close()
        await raising.close()


async def test_touches_are_kept_while_the_database_is_unreachable(
    database: Database,
    garbage: Garbage,
    secrets_dir: Path,
    postgres_server: EmbeddedServer,
    token: str,
) -> None:
    blob = digest()
    async with relay(postgres_server.port) as line:
        address = database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            await line.cut()
            assert await verdict(client, check_of(blob), token) == ALLOWED
            await soon(
                lambda: verdict(client, check_of(blob), token),
                lambda seen: seen == UNCONFIRMED,
                within=6,
            )
            assert await garbage.touched(blob) == set()
            await line.repair()
            await soon(lambda: garbage.touched(blob), lambda seen: seen == {blob}, within=5)


async def test_hostile_queries_get_an_answer(client: httpx.AsyncClient, token: str) -> None:
    chance = random.Random(20)
    blob = digest()
    parts = [f"digest={blob}", "digest=%", f"mount={blob}", f"mount=%zz{blob}", "from=team/base"]
    parts += ["from=%00", "digest=%ff", "mount=", ";", "&&", "=", "%", "+", "a" * 3000, "\xe9=\xff"]
    targets = [f"{UPLOADS}1", UPLOADS, f"/v2/team/app/blobs/{blob}", "/v2/a/blobs/uploads/b", ""]
    for _ in range(2000):
        query = chance.choice("&;").join(chance.choices(parts, k=chance.randrange(1, 12)))
        uri = f"{chance.choice(targets)}?{query}"[:4096].encode("latin-1")
        method = chance.choice(["HEAD", "POST", "PUT", "PATCH", "", "G\xe9T"]).encode("latin-1")
        answer = await client.get(
            "/internal/gate",
            headers={
                b"X-Original-Method": method,
                b"X-Original-URI": uri,
                b"Authorization": f"Bearer {token}".encode(),
            },
        )
        assert answer.status_code == 204, (method, uri)


async def test_speed_of_the_gate(
    client: httpx.AsyncClient, garbage: Garbage, database: Database, token: str
) -> None:
    await database.execute("DELETE FROM catalog.garbage_blobs")
    await confirmed(garbage, await garbage.mark())
    await _measure(client, token, "no garbage")
    started = time.monotonic()
    many = [digest() for _ in range(100_000)]
    generation = await garbage.mark(*many)
    marked = time.monotonic()
    await confirmed(garbage, generation)
    print(f"100,000 marks: {time.monotonic() - marked:.2f} s to load and confirm", end="")
    print(f" (written in {marked - started:.2f} s)")
    try:
        await _measure(client, token, "100,000 digests")
        started = time.monotonic()
        for blob in many[:200]:
            assert await verdict(client, check_of(blob), token) == ALLOWED
        print(f"revival: {(time.monotonic() - started) * 5:.2f} ms each")
    finally:
        await database.execute("DELETE FROM catalog.garbage_blobs")


async def _measure(client: httpx.AsyncClient, token: str, what: str) -> None:
    times = []
    for _ in range(1000):
        request = check_of(digest())
        started = time.perf_counter()
        answer = await verdict(client, request, token)
        times.append(time.perf_counter() - started)
        assert answer == ALLOWED
    times = sorted(seconds * 1000 for seconds in times)
    print(
        f"{what}: p50 {statistics.median(times):.2f} ms, p99 {times[989]:.2f} ms,"
        " with the test's client in the same process"
    )


FULL = "over-quota"


@pytest.fixture
async def full(database: Database) -> str:
    """A namespace whose account has a quota of 100 bytes, and uses 100."""
    name = f"full-{secrets.token_hex(4)}"
    await database.execute(
        "WITH a AS (INSERT INTO catalog.accounts (username, password_hash, role,"
        " storage_quota_bytes) VALUES ($1, 'none', 'member', 100) RETURNING id),"
        " s AS (INSERT INTO catalog.account_storage (account_id, image_bytes)"
        " SELECT id, 100 FROM a)"
        " INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, $1, 'private' FROM a",
        name,
    )
    return name


async def test_no_upload_begins_in_a_namespace_whose_account_has_used_up_its_quota(
    client: httpx.AsyncClient, sign: Sign, full: str, database: Database
) -> None:
    uploads = f"/v2/{full}/app/blobs/uploads/"
    token = sign(f"{full}/app:pull,push", "team/base:pull")
    mount = f"{uploads}?mount={digest()}&from=team/base"
    for uri in (uploads, uploads.removesuffix("/"), mount, f"{uploads}?digest={digest()}"):
        await soon(partial(ask, client, ("POST", uri), token), is_full)
    answer = await ask(client, ("POST", uploads), token)
    assert "uses 100 bytes of its storage quota of 100 bytes" in answer.headers["x-refusal-message"]
    for request in (
        ("PATCH", f"{uploads}1"),
        ("PUT", f"{uploads}1?digest={digest()}"),
        ("HEAD", f"/v2/{full}/app/blobs/{digest()}"),
    ):
        assert await verdict(client, request, token) == ALLOWED
    await database.execute(
        "UPDATE catalog.accounts SET storage_quota_bytes = 101 WHERE username = $1", full
    )
    await soon(lambda: verdict(client, ("POST", uploads), token), lambda seen: seen == ALLOWED)


def is_full(answer: httpx.Response) -> bool:
    return answer.headers.get("x-refusal") == FULL and "retry-after" not in answer.headers


async def test_client_that_cannot_push_does_not_learn_of_the_quota(
    client: httpx.AsyncClient, sign: Sign, full: str
) -> None:
    request = ("POST", f"/v2/{full}/app/blobs/uploads/")
    await soon(lambda: ask(client, request, sign(f"{full}/app:pull,push")), is_full)
    for other in (None, sign(f"{full}/app:pull"), sign("team/app:pull,push")):
        assert await verdict(client, request, other) == ALLOWED


async def test_completed_upload_is_recorded_for_its_repository(
    client: httpx.AsyncClient, token: str, database: Database
) -> None:
    blob, foreign = digest(), digest()
    assert await verdict(client, completion_of(blob), token) == ALLOWED
    assert await verdict(client, completion_of(foreign), None) == ALLOWED

    async def recorded() -> set[tuple[str, str]]:
        rows = await database.fetch("SELECT repository, digest FROM catalog.uploads")
        return {(row["repository"], row["digest"]) for row in rows}

    await soon(recorded, lambda seen: ("team/app", blob) in seen)
    assert foreign not in {one for _, one in await recorded()}
