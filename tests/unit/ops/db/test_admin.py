"""The first administrator and its password."""

import stat

from ops.db.admin import ensure_admin
from ops.db.migrate import migrate
from ops.db.roles import connected, service_roles
from ops.host.privileges import run_user
from ops.layout import Layout


async def test_the_first_admin_is_created_once_with_a_password_in_a_private_file(
    database_layout: Layout, owner_url: str
) -> None:
    layout, user = database_layout, run_user([database_layout.root])
    await migrate(owner_url, service_roles(layout))
    assert await ensure_admin(owner_url, layout, user, given=None)
    password = layout.admin_password.read_text()
    assert stat.S_IMODE(layout.admin_password.stat().st_mode) == 0o600
    assert not await ensure_admin(owner_url, layout, user, given="another password")
    assert layout.admin_password.read_text() == password
    async with connected(owner_url) as connection:
        accounts = await connection.fetch(
            "SELECT username, role, password_hash FROM catalog.accounts"
        )
    assert [(row["username"], row["role"]) for row in accounts] == [("admin", "admin")]
    assert accounts[0]["password_hash"].startswith("$argon2id$")


async def test_a_given_password_is_not_written_to_a_file(
    database_layout: Layout, owner_url: str
) -> None:
    layout, user = database_layout, run_user([database_layout.root])
    await migrate(owner_url, service_roles(layout))
    assert await ensure_admin(owner_url, layout, user, given="a given password")
    assert not layout.admin_password.exists()
