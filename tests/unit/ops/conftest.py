"""A database for the tests of `ops`: one without a schema, with the secrets of an installation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.db.postgres import EmbeddedServer, url
from ops.db.roles import Role, connected, ensure_owner
from ops.host.privileges import run_user
from ops.layout import Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets

OWNER = Role("owner", "an owner's password", may_create_roles=True)


@pytest.fixture
async def owner_url(postgres_server: EmbeddedServer) -> AsyncIterator[str]:
    """A new, empty database, as a role that is not a superuser."""
    await ensure_owner(postgres_server.superuser_url, OWNER, "fresh")
    port = postgres_server.port
    yield url(user=OWNER.name, password=OWNER.password, port=port, database="fresh")
    async with connected(postgres_server.superuser_url) as connection:
        await connection.execute("DROP DATABASE fresh WITH (FORCE)")


@pytest.fixture
def database_layout(tmp_path: Path, owner_url: str) -> Layout:
    """An installation with secrets, on the empty database."""
    owners = Owners.all(run_user([tmp_path]))
    layout = Layout(tmp_path)
    ensure_secrets(layout, owners)
    ensure_database_urls(layout, owner_url, owners)
    return layout
