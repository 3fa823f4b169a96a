"""A forged access token is refused without a query (spec 4; docs/adr/0002)."""

from pathlib import Path

from ops.db.postgres import EmbeddedServer
from tests.integration.auth.conftest import World, running
from tests.kit.relay import relay


async def test_forged_access_token_gets_401_without_the_database(
    world: World, secrets_dir: Path, postgres_server: EmbeddedServer
) -> None:
    async with relay(postgres_server.port) as line:
        address = world.database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            await line.cut()
            for forged in ("x", "eyJhbGciOiJub25lIn0.e30.", "a.b.c"):
                answer = await client.get(
                    "/api/v1/api-keys", headers={"Authorization": f"Bearer {forged}"}
                )
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
            key = await client.get(
                "/api/v1/api-keys", headers={"Authorization": "Bearer mak_unknown"}
            )
            assert (key.status_code, key.json()["code"]) == (503, "database_unavailable")
