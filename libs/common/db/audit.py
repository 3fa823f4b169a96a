"""The audit trail: each service appends to a table of its own, in the transaction of the change (spec 4, `/audit`)."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, or one refused login.

    ``action`` is ``noun.verb`` (``namespace.create``), ``target`` names the object as its API path does, ``account`` is who did it
    (None: nobody signed in). Never put a secret into any of them.
    """

    action: str
    target: str
    account_id: int | None
    account: str | None
    client_address: str | None


def audit_table(metadata: sa.MetaData) -> sa.Table:
    """The append-only table ``audit_entries`` of the service that owns ``metadata``; its role may insert and read, nothing else."""
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
    """Write ``entry`` in the caller's transaction, so that change and trace stand or fall together."""
    await tx.execute(
        table.insert().values(
            action=entry.action,
            target=entry.target,
            account_id=entry.account_id,
            account=entry.account,
            client_address=entry.client_address,
        )
    )
