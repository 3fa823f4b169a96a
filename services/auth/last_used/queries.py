"""SQL that writes last logins, and when and from where keys and tokens were last used.

Each statement writes many rows at once, in the order of their ids, so that two replicas never wait
for each other's locks in a circle. An older time never replaces a newer one.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import TableValuedAlias

from libs.common.db.engine import Tx
from services.auth.tables import access_tokens, api_keys, last_logins

LastUses = Mapping[uuid.UUID, tuple[datetime, str]]
"""Time and client address of the last use, by id of the key or token."""


async def put_last_logins(tx: Tx, *, logins: Mapping[int, datetime]) -> None:
    """Write when Docker users, by id, last logged in."""
    rows = [{"docker_user_id": id, "last_login_at": logins[id]} for id in sorted(logins)]
    statement = insert(last_logins).values(rows)
    newer = sa.func.greatest(last_logins.c.last_login_at, statement.excluded.last_login_at)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["docker_user_id"], set_={"last_login_at": newer}
        )
    )


async def update_api_keys(tx: Tx, *, last_uses: LastUses) -> None:
    """Write the last uses of API keys."""
    await _update(tx, api_keys, last_uses)


async def update_access_tokens(tx: Tx, *, last_uses: LastUses) -> None:
    """Write the last uses of access tokens."""
    await _update(tx, access_tokens, last_uses)


async def _update(tx: Tx, table: sa.Table, last_uses: LastUses) -> None:
    used, t = rows_of(last_uses), table.c
    newer = sa.or_(t.last_used_at.is_(None), t.last_used_at < used.c.at)
    await tx.execute(
        table.update()
        .where(t.id == used.c.id, newer)
        .values(last_used_at=used.c.at, last_used_from=used.c.address)
    )


def rows_of(last_uses: LastUses) -> TableValuedAlias:
    """Return ``last_uses`` as rows (id, at, address), ordered by id."""
    ids = sorted(last_uses)
    return (
        sa.func.unnest(
            sa.cast(ids, sa.ARRAY(sa.Uuid)),
            sa.cast([last_uses[id][0] for id in ids], sa.ARRAY(sa.TIMESTAMP(timezone=True))),
            sa.cast([last_uses[id][1] for id in ids], sa.ARRAY(sa.Text)),
        )
        .table_valued("id", "at", "address", name="used")
        .render_derived()
    )


async def delete_ended(tx: Tx) -> None:
    """Delete the last logins of Docker users that are gone."""
    await tx.execute(
        sa.text(
            "DELETE FROM auth.last_logins l WHERE NOT EXISTS (SELECT 1 FROM catalog.credentials c"
            " WHERE c.kind = 'docker_user' AND c.id = l.docker_user_id)"
        )
    )
