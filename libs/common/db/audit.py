"""The audit trail (spec 4, `/audit`).

Each service appends to its own table, in the transaction of the change.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, or one refused login. No field may hold a secret.

    ``action`` is ``noun.verb``, such as ``namespace.create``. ``target`` names the object as in its
    API path. ``account`` is the username of the actor, or None if no account is signed in.
    """

    action: str
    target: str
    account_id: int | None
    account: str | None
    client_address: str | None


def audit_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table ``audit_entries`` of the service that owns ``metadata``.

    The table is append-only: the role of the service can insert and select, nothing else.
    """
    return sa.Table(
        "audit_entries",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
        sa.Column("account_id", sa.BigInteger),
        sa.Column("account", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("client_address", sa.Text),
    )


async def append(tx: AsyncConnection, table: sa.Table, entry: AuditEntry) -> None:
    """Insert ``entry`` in the transaction of the change, so that both commit or neither does."""
    await tx.execute(
        table.insert().values(
            action=entry.action,
            target=entry.target,
            account_id=entry.account_id,
            account=entry.account,
            client_address=entry.client_address,
        )
    )
