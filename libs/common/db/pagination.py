"""Keyset pagination: a page of a statement's rows, in an order whose columns form a unique key.

The cursor holds the key of the last row of the page before. The next page starts after that key,
so its cost does not depend on how many pages precede it.
"""

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
"""The values of an order's columns in one row, as JSON can hold them."""

NEVER = "'1970-01-01 00:00:00+00'::timestamptz"
"""Stands for a null time in a key, which must not contain nulls."""

_MAX_BIGINT = 2**63
_KEY_LABEL = "sort_key_"


def or_never(time: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return ``time`` with NEVER for null, written exactly as in the indexes on such times."""
    return sa.func.coalesce(time, sa.literal_column(NEVER), type_=sa.TIMESTAMP(timezone=True))


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by ``columns``, which are never null and together unique.

    ``name`` is the value of the query parameter ``sort``; it starts with "-" if descending.
    """

    name: str
    columns: tuple[sa.ColumnElement[Any], ...]

    @property
    def descending(self) -> bool:
        """Whether the order is descending."""
        return self.name.startswith("-")

    def by(self, columns: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
        """Return an ORDER BY list of ``columns``, which replace those of this order."""
        return [column.desc() if self.descending else column.asc() for column in columns]


class InvalidCursor(ValueError):
    """This list did not issue the cursor for this order. The API answers 422 for ``cursor``."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. ``next_cursor`` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for at most ``limit`` items after the key in ``cursor``."""

    limit: int
    cursor: str | None

    def after(self, sort: str, width: int) -> Key | None:
        """Return the key to start after, or None for the first page.

        ``sort`` is the name of the order and ``width`` the number of its columns.

        Raises:
            InvalidCursor: the cursor is malformed or belongs to another order.
        """
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            cursor_sort, key = value
            valid = cursor_sort == sort and len(key) == width and all(_is_part(p) for p in key)
        except (binascii.Error, ValueError, TypeError, RecursionError):
            valid = False
        if not valid:
            raise InvalidCursor
        return tuple(key)


async def fetch_page(
    tx: AsyncConnection,
    statement: sa.Select[Any],
    *,
    sort: Sort,
    page: PageRequest,
    of: Callable[[Any], T],
) -> Page[T]:
    """Return the page ``page`` of the rows of ``statement``, in the order ``sort``.

    ``of`` converts a row into a domain object.

    Raises:
        InvalidCursor: the cursor of ``page`` is not valid for ``sort``.
    """
    rows = (await tx.execute(select_page(statement, sort=sort, page=page))).all()
    is_last = len(rows) <= page.limit
    return Page(
        [of(row) for row in rows[: page.limit]],
        None if is_last else encode_cursor(sort.name, _key(rows[page.limit - 1], sort)),
    )


def select_page(
    statement: sa.Select[Any], *, sort: Sort, page: PageRequest, limit: int | None = None
) -> sa.Select[Any]:
    """Return ``statement`` in the order ``sort``, from the start of ``page``.

    It also selects the key of each row. It returns at most ``limit`` rows. The default is one row
    more than the page, which shows whether another page follows.

    Raises:
        InvalidCursor: the cursor of ``page`` is not valid for ``sort``.
    """
    values = start_values(sort, page)
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
        *(column.label(f"{_KEY_LABEL}{number}") for number, column in enumerate(sort.columns))
    )
    return statement.order_by(*sort.by(sort.columns)).limit(limit or page.limit + 1)


def start_values(sort: Sort, page: PageRequest) -> list[object] | None:
    """Return the values of the columns of ``sort`` after which ``page`` starts.

    Returns None for the first page.

    Raises:
        InvalidCursor: the cursor of ``page`` is not valid for ``sort``.
    """
    key = page.after(sort.name, len(sort.columns))
    if key is None:
        return None
    return [_decode(column, part) for column, part in zip(sort.columns, key, strict=True)]


def reselect_page(rows: sa.FromClause, *, sort: Sort, page: PageRequest) -> sa.Select[Any]:
    """Select the rows of ``page``, in order, from a subquery of ``select_page``.

    A caller that filters the subquery sets its ``limit`` higher than the page.
    """
    keys = [column for name, column in rows.c.items() if name.startswith(_KEY_LABEL)]
    return sa.select(rows).order_by(*sort.by(keys)).limit(page.limit + 1)


def encode_cursor(sort: str, key: Key) -> str:
    """Return the opaque cursor for ``key`` in the order ``sort``."""
    raw = json.dumps([sort, key], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key(row: sa.Row[Any], sort: Sort) -> Key:
    values = (row._mapping[f"{_KEY_LABEL}{number}"] for number in range(len(sort.columns)))
    return tuple(_encode(value) for value in values)


def _is_part(part: object) -> bool:
    """Return whether PostgreSQL can store ``part``, which a client may have forged."""
    if isinstance(part, str):
        return "\0" not in part and part.encode("utf-8", "ignore").decode() == part
    return part is None or (
        isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < _MAX_BIGINT
    )


def _encode(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _decode(column: sa.ColumnElement[Any], part: object) -> object:
    """Return ``part`` of a cursor as a value of ``column``, or raise InvalidCursor.

    A client may have forged the cursor, so every type is checked.
    """
    if isinstance(column.type, sa.TIMESTAMP):
        return parse_time(str(part))
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


def parse_time(text: str) -> datetime:
    """Return a time of a cursor, in UTC.

    Raises:
        InvalidCursor: ``text`` is not a time with a zone between the years 1 and 9999 in UTC.
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidCursor
