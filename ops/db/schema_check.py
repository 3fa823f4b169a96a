"""`moorage schema-check`: runs Alembic's `check` on a temporary PostgreSQL."""

import asyncio
import tempfile
from pathlib import Path

from ops.db.migrate import check, migrate
from ops.db.postgres import start_embedded
from ops.db.roles import Role
from ops.layout import SERVICES
from ops.secrets.store import new_password


def schema_check() -> None:
    """Compare the tables in the code with those that the migrations create.

    Raises:
        OpsError: They differ.
    """
    with (
        tempfile.TemporaryDirectory(prefix="moorage-schema-") as folder,
        start_embedded(Path(folder) / "db") as server,
    ):
        roles = [Role(f"postgres_{service}", new_password()) for service in SERVICES]
        asyncio.run(_migrate_and_check(server.superuser_url, roles))


async def _migrate_and_check(owner_url: str, roles: list[Role]) -> None:
    await migrate(owner_url, roles)
    await check(owner_url)
