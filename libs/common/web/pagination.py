"""Lists in requests and responses (spec 4): ``limit`` and ``cursor``, the page of items, and its ``Link`` header."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.common.db import pagination
from libs.common.db.pagination import PageRequest

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """One page of a list, as a response."""

    items: list[T]
    next_cursor: str | None = Field(
        description="pass as `cursor` for the next page; null on the last one"
    )


def _page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="most items on a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next_cursor` of the page before")
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]


def page_of(
    page: pagination.Page[T], of: Callable[[T], M], request: Request, response: Response
) -> Page[M]:
    """``page`` as a response, with its `Link` header."""
    link_next(request, response, page.next_cursor)
    return Page[M](items=[of(item) for item in page.items], next_cursor=page.next_cursor)


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Set ``Link: <…>; rel="next"`` (RFC 8288) with the request's own path and filters."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
