"""The JSON API of all services, in this process, on a separate database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.common.security.jwt import SigningKey
from tests.integration.api.installation import Installation, running, write_keys
from tests.integration.api.world import World, make_world
from tests.kit.database import Database


@dataclass(frozen=True, slots=True)
class Keys:
    """The folder of the services' keys, and the key that signs sessions."""

    directory: Path
    session: SigningKey


@pytest.fixture(scope="package")
def api_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    directory = tmp_path_factory.mktemp("api-secrets")
    return Keys(directory, write_keys(directory))


@pytest.fixture(scope="package")
async def api_database(new_database: Callable[[], Awaitable[Database]]) -> Database:
    return await new_database()


@pytest.fixture(scope="package")
async def installation(api_database: Database, api_keys: Keys) -> AsyncIterator[Installation]:
    """One replica of each service."""
    async with running(api_database, api_keys.directory, api_keys.session) as started:
        yield started


@pytest.fixture(scope="package")
async def replicas(
    installation: Installation, api_database: Database, api_keys: Keys
) -> AsyncIterator[tuple[Installation, Installation]]:
    """Two replicas of each service."""
    async with running(api_database, api_keys.directory, api_keys.session) as second:
        yield installation, second


@pytest.fixture
async def world(installation: Installation) -> World:
    """A new account with one object of each kind."""
    return await make_world(installation)
