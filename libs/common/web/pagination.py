"""Lists by keyset (spec 4): a cursor says after which key the next page starts, so page 1000 costs what page 1 does."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.common.web.errors import Invalid

T = TypeVar("T")
Key = tuple[str | int | float | None, ...]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="pass as `cursor` for the next page; null on the last one"
    )


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Items of one page, and the key after which the next page starts (None: there is none)."""

    items: Sequence[T]
    next_key: Key | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a caller asked of a list: at most ``limit`` items after the key that ``cursor`` holds."""

    limit: int
    cursor: str | None

    def after(self, sort: str, width: int) -> Key | None:
        """The key to start after, of ``width`` parts, for the order ``sort``; None for the first page.

        Raises Invalid when the cursor was not made by this list in this order.
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
            raise Invalid("cursor", "is not one that this list gave for this order")
        return tuple(key)


def _is_part(part: object) -> bool:
    if isinstance(part, str):
        return (
            "\0" not in part and part.encode("utf-8", "ignore").decode() == part
        )  # neither can be a PostgreSQL text
    return part is None or (
        isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 2**63
    )


def _page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="most items on a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next_cursor` of the page before")
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]


def slice_of(rows: Sequence[T], *, limit: int, key: Any) -> Slice[T]:
    """Cut ``rows`` (of which ``limit`` + 1 were asked) to a page; ``key(row)`` is the sort key of its last item."""
    items = rows[:limit]
    return Slice(items, key(items[-1]) if len(rows) > limit else None)


def encode_cursor(sort: str, key: Key | None) -> str | None:
    """The opaque cursor for ``key`` in the order ``sort``."""
    if key is None:
        return None
    raw = json.dumps([sort, key], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Set ``Link: <…>; rel="next"`` (RFC 8288) with the request's own path and filters."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
