"""Which writes the gateway may send to the registry during garbage collection (spec 7)."""

import base64
import json
import time
from functools import partial
from pathlib import Path

import httpx

from ops.db.postgres import EmbeddedServer
from services.auth.write_gate.domain import (
    ALL_WRITES_RETRY_SECONDS,
    NEW_UPLOADS_RETRY_SECONDS,
    TRUSTED_SECONDS,
)
from tests.integration.auth.conftest import Replica, World, running
from tests.kit.database import Database
from tests.kit.relay import relay
from tests.kit.waiting import soon

UPLOADS = "/v2/team/app/blobs/uploads/"


def token(*, age: float) -> str:
    payload = (
        base64.urlsafe_b64encode(json.dumps({"iat": int(time.time() - age)}).encode())
        .decode()
        .rstrip("=")
    )
    return f"Bearer e30.{payload}.signature"


async def check(
    client: httpx.AsyncClient, method: str, uri: str, authorization: str | None = None
) -> int:
    headers = {"X-Original-Method": method, "X-Original-URI": uri}
    if authorization is not None:
        headers["Authorization"] = authorization
    answer = await client.get("/internal/writes", headers=headers)
    assert answer.status_code in (204, 403)
    return int(answer.headers["Retry-After"]) if answer.status_code == 403 else 0


async def pause(
    database: Database, phase: str, *, seconds: float = 30, active_uploads: str = "{}"
) -> None:
    await database.execute("DELETE FROM catalog.write_pauses")
    await database.execute(
        "INSERT INTO catalog.write_pauses (phase, active_uploads, ends_at)"
        " VALUES ($1, $2::text::text[], clock_timestamp() + $3 * interval '1 s')",
        phase,
        active_uploads,
        seconds,
    )


async def test_every_write_is_allowed_without_a_pause(
    client: httpx.AsyncClient, world: World
) -> None:
    await world.database.execute("DELETE FROM catalog.write_pauses")
    for method, uri in (
        ("POST", UPLOADS),
        ("PUT", "/v2/team/app/manifests/v1"),
        ("DELETE", "/v2/team/app/manifests/v1"),
    ):
        await soon(
            partial(check, client, method, uri),
            lambda seconds: seconds == 0,
            within=1,
        )


async def test_new_uploads_are_refused_on_both_replicas_and_active_ones_continue(
    replica: Replica, world: World
) -> None:
    clients = [await replica(), await replica()]
    for client in clients:
        await soon(
            partial(check, client, "POST", UPLOADS),
            lambda seconds: seconds == 0,
            within=1,
        )
    await pause(world.database, "new_uploads", active_uploads="{team/app}")
    new = NEW_UPLOADS_RETRY_SECONDS
    for client in clients:
        await soon(
            partial(check, client, "POST", "/v2/team/other/blobs/uploads/"),
            lambda seconds: seconds == new,
            within=1,
        )
        assert await check(client, "PATCH", UPLOADS + "some-upload?_state=x") == 0
        assert await check(client, "PUT", "/v2/team/app/manifests/v1") == 0
        next_layer, other_push = token(age=10), token(age=-10)
        assert await check(client, "POST", UPLOADS, next_layer) == 0
        assert await check(client, "POST", UPLOADS, other_push) == new
        assert await check(client, "POST", UPLOADS) == new
        assert (
            await check(
                client, "POST", "/v2/team/other/blobs/uploads/?mount=x&from=team/app", token(age=10)
            )
            == new
        )
    await world.database.execute("DELETE FROM catalog.write_pauses")


async def test_every_write_is_refused_until_the_pause_is_over(
    client: httpx.AsyncClient, world: World
) -> None:
    await pause(world.database, "all_writes", active_uploads="{team/app}")
    await soon(
        lambda: check(client, "POST", UPLOADS, token(age=10)),
        lambda seconds: seconds == ALL_WRITES_RETRY_SECONDS,
        within=1,
    )
    for method in ("PUT", "PATCH", "DELETE"):
        assert await check(client, method, UPLOADS + "some-upload") == ALL_WRITES_RETRY_SECONDS
    await world.database.execute("DELETE FROM catalog.write_pauses")
    await soon(lambda: check(client, "POST", UPLOADS), lambda seconds: seconds == 0, within=1)


async def test_pause_ends_if_it_is_not_renewed(client: httpx.AsyncClient, world: World) -> None:
    await pause(world.database, "all_writes", seconds=1)
    await soon(lambda: check(client, "POST", UPLOADS), lambda seconds: seconds > 0, within=0.9)
    await soon(lambda: check(client, "POST", UPLOADS), lambda seconds: seconds == 0, within=1.5)
    await world.database.execute("DELETE FROM catalog.write_pauses")


async def test_replica_without_the_database_refuses_writes_within_a_second(
    world: World, secrets_dir: Path, postgres_server: EmbeddedServer
) -> None:
    """A pause may have begun. `moorage gc` waits for that second before it collects."""
    async with relay(postgres_server.port) as line:
        address = world.database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            assert await check(client, "POST", UPLOADS) == 0
            await line.cut()
            assert await check(client, "POST", UPLOADS) == 0, "a short outage stops no push"
            await soon(
                lambda: check(client, "POST", UPLOADS),
                lambda seconds: seconds > 0,
                within=TRUSTED_SECONDS + 0.5,
            )
            await line.repair()
            await soon(
                lambda: check(client, "POST", UPLOADS), lambda seconds: seconds == 0, within=5
            )
