"""The audit trail (spec 4, `/audit`).

Each service appends to its own table, in the transaction of the change.
"""

import uuid
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.changes import Changes
from libs.common.security.principals import Principal

COMMAND_LINE = "command line"
"""``via`` of a change that the operator made with `moorage`."""
RETENTION = "retention"
"""``via`` of a deletion by the rules of a namespace or repository."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, one push, or refused credentials. No field may hold a secret.

    ``action`` is ``noun.verb``, such as ``namespace.create``. ``target`` names the object as in its
    API path. ``account`` is the username of the actor, or None if no account is signed in.
    ``docker_user`` is the actor of a push, and of a deletion with a Docker client. ``via`` is
    ``session``, the name of the API key with the id ``api_key_id``, COMMAND_LINE, or RETENTION.
    ``owner_id`` is the account that owns the object: the entry is in its trail too, whoever the
    actor is. ``occurrences`` is more than 1 if the entry stands for several refusals
    (``libs.common.db.refusals``).
    """

    action: str
    target: str
    account_id: int | None
    account: str | None
    client_address: str | None
    via: str | None = None
    api_key_id: uuid.UUID | None = None
    owner_id: int | None = None
    docker_user: str | None = None
    changes: Changes = field(default_factory=dict)
    occurrences: int = 1


def entry_by(
    principal: Principal,
    *,
    action: str,
    target: str,
    owner_id: int | None,
    changes: Changes | None = None,
) -> AuditEntry:
    """Return the entry of a change by ``principal`` of an object that ``owner_id`` owns."""
    return AuditEntry(
        action,
        target,
        principal.account_id,
        principal.username,
        principal.client_address,
        via=principal.via,
        api_key_id=principal.api_key_id,
        owner_id=owner_id,
        changes=changes or {},
    )


def audit_table(metadata: sa.MetaData) -> sa.Table:
    """Return the table ``audit_entries`` of the service that owns ``metadata``.

    The table is append-only: the role of the service can insert and select, nothing else. Only the
    function ``delete_audit_entries`` of the schema deletes, and only old entries.
    """
    c_order = 'COLLATE "C"'
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
        sa.Column("via", sa.Text),
        sa.Column("api_key_id", sa.Uuid),
        sa.Column("owner_id", sa.BigInteger),
        sa.Column("docker_user", sa.Text),
        sa.Column("changes", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("occurrences", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Index("audit_entries_at_idx", "at", "id"),
        sa.Index("audit_entries_account_idx", "account_id", "at", "id"),
        sa.Index("audit_entries_owner_idx", "owner_id", "at", "id"),
        sa.Index("audit_entries_action_idx", sa.text(f"action {c_order}"), "at", "id"),
        sa.Index("audit_entries_target_idx", sa.text(f"target {c_order}"), "at", "id"),
    )


async def append(tx: AsyncConnection, table: sa.Table, *entries: AuditEntry) -> None:
    """Insert ``entries`` in the transaction of the change, so that all commit or none does."""
    values = [values_of(entry) for entry in entries]
    await tx.execute(table.insert(), values[0] if len(values) == 1 else values)


def values_of(entry: AuditEntry) -> dict[str, Any]:
    """Return the values of ``entry`` by column."""
    return {name: getattr(entry, name) for name in _FIELDS}


_FIELDS = tuple(column.name for column in fields(AuditEntry))


async def delete_old(tx: AsyncConnection, limit: int, *, schema: str, days: int) -> int:
    """Delete at most ``limit`` entries of the trail in ``schema`` that are older than ``days``.

    Return their number. While another replica deletes, it is 0.
    """
    function = getattr(sa.func, schema).delete_audit_entries
    return int((await tx.execute(sa.select(function(timedelta(days=days), limit)))).scalar_one())
