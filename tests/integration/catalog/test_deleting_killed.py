"""The deletion of a namespace completes although the catalog is killed again and again."""

import multiprocessing
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from operator import ge
from pathlib import Path

import httpx
import pytest
import uvicorn
from pydantic import AnyHttpUrl, SecretStr

from ops.host.ports import reserve
from services.catalog.app import create_app
from services.catalog.settings import Settings
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.sessions import Secrets, open_session
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

TAGS, KILLS = 200, 10
# The fork server imports this module once, so that a process starts within milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def _serve(secrets_dir: str, database_url: str, registry_url: str, port: int) -> None:
    settings = Settings(
        SECRETS_DIR=Path(secrets_dir),
        database_url=SecretStr(database_url),
        registry_url=AnyHttpUrl(registry_url),
    )
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_config=None)


@dataclass
class CatalogProcess:
    """The catalog service in a process of its own."""

    arguments: tuple[str, str, str, int]
    process: ForkServerProcess | None = None

    def start(self) -> None:
        """Start the process, and do not wait until it answers."""
        self.process = _processes.Process(target=_serve, args=self.arguments)
        self.process.start()

    def kill(self) -> None:
        """Send SIGKILL, so that the process finishes nothing."""
        if self.process is not None:
            self.process.kill()
            self.process.join()


@pytest.fixture
async def catalog(
    emptied: Database, catalog_secrets: Secrets, registry: RegistryUnderTest
) -> AsyncIterator[CatalogProcess]:
    with reserve() as port:
        process = CatalogProcess(
            (str(catalog_secrets.directory), emptied.urls["catalog"], registry.url, port.number)
        )
        async with delivering(emptied, registry):
            yield process
        process.kill()


async def test_namespace_with_200_tags_is_deleted_although_the_catalog_is_killed_ten_times(
    catalog: CatalogProcess,
    emptied: Database,
    catalog_secrets: Secrets,
    registry: RegistryUnderTest,
    team: str,
) -> None:
    token = await open_session(emptied, catalog_secrets.session_key, "acme")
    catalog.start()
    url = f"http://127.0.0.1:{catalog.arguments[-1]}/api/v1"
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ) as http:

        async def status() -> int:
            try:
                return (await http.get(f"/namespaces/{team}")).status_code
            except httpx.TransportError:
                return 0

        await soon(status, lambda code: code == 404, within=30)
        assert (
            await http.post("/namespaces", json={"name": team, "visibility": "private"})
        ).status_code == 201
        images = make_variants(make_image(), TAGS - 1)
        index = make_index()
        registry.push_many(images, f"{team}/app")
        registry.push(index, f"{team}/app", "multi")

        async def tag_count() -> int:
            rows = await emptied.fetch("SELECT tag_count FROM catalog.repositories")
            return int(rows[0]["tag_count"]) if rows else 0

        await soon(tag_count, lambda count: count == TAGS, within=30)
        assert (
            await http.delete(f"/namespaces/{team}", params={"cascade": "true"})
        ).status_code == 202

        async def left() -> int:
            return len(registry.tags(f"{team}/app"))

        for threshold in sorted((random.randrange(TAGS) for _ in range(KILLS)), reverse=True):
            await soon(left, partial(ge, threshold), within=30)
            catalog.kill()
            catalog.start()
        await soon(status, lambda code: code == 404, within=30)
    assert registry.tags(f"{team}/app") == []
    digests = [
        index.manifest.digest,
        *(image.manifest.digest for image in (*index.images, *images)),
    ]
    assert registry.present(f"{team}/app", digests) == []
    assert await emptied.fetch("SELECT * FROM catalog.repositories") == []
    ended = await emptied.fetch(
        "SELECT action FROM catalog.audit_entries WHERE action LIKE '%.deleted' ORDER BY action"
    )
    assert [row["action"] for row in ended] == ["namespace.deleted", "repository.deleted"]
