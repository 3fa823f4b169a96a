"""What a change of an object changed, for the audit trail: ``{field: [before, after]}``."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Value = str | int | bool | None
Changes = dict[str, list[Value]]
"""Values before and after, by field. ``[None, None]`` is a change of a secret."""

MAX_CHARACTERS = 200
"""A longer text is cut, so that an entry stays small."""
SECRET: list[Value] = [None, None]


def created(**values: object) -> Changes:
    """Return the changes of an object that is created with ``values``, without the empty ones."""
    return {
        name: [None, _shown(value)] for name, value in values.items() if value not in (None, "")
    }


def deleted(**values: object) -> Changes:
    """Return the changes of an object that is deleted and had ``values``."""
    return {
        name: [_shown(value), None] for name, value in values.items() if value not in (None, "")
    }


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> Changes:
    """Return the changes of those fields of ``before`` that have another value in ``after``."""
    return {
        name: [_shown(value), _shown(after[name])]
        for name, value in before.items()
        if value != after[name]
    }


async def update_row(
    tx: AsyncConnection,
    table: sa.Table,
    *,
    id: int,
    values: Mapping[str, object],
    shown: Sequence[str],
) -> Changes | None:
    """Set ``values`` in the row ``id`` and return the changes of its columns ``shown``.

    Return None if there is no such row. The statement locks the row before it reads the earlier
    values, so that a concurrent change cannot come between them.
    """
    names = [name for name in shown if name in values]
    old = (
        sa.select(table.c.id, *(table.c[name] for name in names))
        .where(table.c.id == id)
        .with_for_update(key_share=True)
        .subquery("old")
    )
    statement = (
        sa.update(table)
        .where(table.c.id == old.c.id)
        .values(dict(values))
        .returning(old.c.id, *(old.c[name] for name in names))
    )
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else changed(dict(zip(names, row[1:], strict=True)), values)


def _shown(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
