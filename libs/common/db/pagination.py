"""Orders of lists, and one page of a list in an order: by keyset, with the last row's key in the cursor."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.text import is_text

T = TypeVar("T")
Key = tuple[str | int | float | None, ...]
_MAX_BIGINT = 2**63
_KEY = "sort_key_"
NEVER = "'1970-01-01 00:00:00+00'::timestamptz"
"""Stands for a time that has not come, so that a key has no null in it."""


def or_never(time: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """``time`` to sort by: long ago where it is null, written as the index on it is."""
    return sa.func.coalesce(time, sa.literal_column(NEVER), type_=sa.TIMESTAMP(timezone=True))


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by ``columns``, which together are unique and never null; ``name`` as in ``?sort=``."""

    name: str
    columns: tuple[sa.ColumnElement[Any], ...]

    @property
    def descending(self) -> bool:
        return self.name.startswith("-")

    def by(self, columns: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
        """``columns``, which stand for the order's own, in its direction."""
        return [column.desc() if self.descending else column.asc() for column in columns]


class InvalidCursor(ValueError):
    """The cursor is not one that this list issued for this order; the API answers 422 and names the field `cursor`."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and the cursor of the next one (None: this is the last)."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a caller asked of a list: at most ``limit`` items after the key that ``cursor`` holds."""

    limit: int
    cursor: str | None

    def after(self, sort: str, width: int) -> Key | None:
        """The key to start after, of ``width`` parts, for the order ``sort``; None for the first page.

        Raises InvalidCursor if this list did not issue the cursor for this order.
        """
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            made_for, key = value
            good = made_for == sort and len(key) == width and all(_is_part(part) for part in key)
        except (binascii.Error, ValueError, TypeError, RecursionError):
            good = False
        if not good:
            raise InvalidCursor
        return tuple(key)


def _is_part(part: object) -> bool:
    if isinstance(part, str):
        return (
            "\0" not in part and part.encode("utf-8", "ignore").decode() == part
        )  # neither can be a PostgreSQL text
    return part is None or (
        isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 2**63
    )


async def fetch_page(
    tx: AsyncConnection,
    statement: sa.Select[Any],
    *,
    sort: Sort,
    page: PageRequest,
    of: Callable[[Any], T],
) -> Page[T]:
    """The rows of ``statement`` that ``page`` asks for, in the order ``sort``, each turned into a domain object by ``of``.

    Raises InvalidCursor.
    """
    rows = (await tx.execute(ordered(statement, sort=sort, page=page))).all()
    items = [of(row) for row in rows[: page.limit]]
    return Page(
        items,
        encode_cursor(sort.name, _key(rows[page.limit - 1], sort))
        if len(rows) > page.limit
        else None,
    )


def ordered(
    statement: sa.Select[Any], *, sort: Sort, page: PageRequest, most: int | None = None
) -> sa.Select[Any]:
    """``statement`` from where ``page`` starts, in the order ``sort``, whose key it selects too, with one row more than the page has.

    ``most``: so many rows instead. Raises InvalidCursor.
    """
    values = start_of(sort, page)
    if values is not None:
        start = sa.tuple_(
            *(
                sa.literal(value, column.type)
                for column, value in zip(sort.columns, values, strict=True)
            )
        )
        position = sa.tuple_(*sort.columns)
        statement = statement.where(position < start if sort.descending else position > start)
    statement = statement.add_columns(
        *(column.label(f"{_KEY}{number}") for number, column in enumerate(sort.columns))
    )
    return statement.order_by(*sort.by(sort.columns)).limit(most or page.limit + 1)


def start_of(sort: Sort, page: PageRequest) -> list[object] | None:
    """The values of the columns of ``sort`` after which ``page`` starts; None on the first one. Raises InvalidCursor."""
    after = page.after(sort.name, len(sort.columns))
    return (
        None
        if after is None
        else [_decoded(column, part) for column, part in zip(sort.columns, after, strict=True)]
    )


def again(rows: sa.FromClause, *, sort: Sort, page: PageRequest) -> sa.Select[Any]:
    """Of ``rows``, a subquery that ``ordered`` made, those of the page, in the same order."""
    keys = [column for name, column in rows.c.items() if name.startswith(_KEY)]
    return sa.select(rows).order_by(*sort.by(keys)).limit(page.limit + 1)


def _key(row: sa.Row[Any], sort: Sort) -> Key:
    values = (row._mapping[f"{_KEY}{number}"] for number in range(len(sort.columns)))
    return tuple(_encoded(value) for value in values)


def _encoded(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _decoded(column: sa.ColumnElement[Any], part: object) -> object:
    """``part`` of a cursor as a value of ``column``; a caller may have written the cursor, so nothing is taken on trust."""
    if isinstance(column.type, sa.TIMESTAMP):
        at = _time(str(part))
        if at is not None:
            return at
    elif isinstance(column.type, sa.Uuid):
        try:
            return uuid.UUID(str(part))
        except ValueError:
            pass
    elif isinstance(column.type, sa.Integer):
        if (
            isinstance(part, int)
            and not isinstance(part, bool)
            and -_MAX_BIGINT <= part < _MAX_BIGINT
        ):
            return part
    elif isinstance(part, str) and is_text(part):
        return part
    raise InvalidCursor


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one that has no place in UTC
        return None


def encode_cursor(sort: str, key: Key | None) -> str | None:
    """The opaque cursor for ``key`` in the order ``sort``."""
    if key is None:
        return None
    raw = json.dumps([sort, key], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
