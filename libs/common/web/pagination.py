"""Pages of lists in requests and responses (spec 4): parameters, body, and Link header."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.common.db.pagination import Page, PageRequest

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class PageOut(BaseModel, Generic[T]):
    """One page of a list, as a response."""

    items: list[T]
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page."
    )


def _page_request(
    limit: Annotated[
        int, Query(ge=1, le=200, description="Maximum number of items on the page.")
    ] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="The `next_cursor` of the previous page.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]
"""A route's parameters ``limit`` and ``cursor``."""


def page_of(
    page: Page[T], convert: Callable[[T], M], request: Request, response: Response
) -> PageOut[M]:
    """Return ``page`` as a response body, with ``convert`` applied, and set its ``Link`` header."""
    link_next(request, response, page.next_cursor)
    return PageOut[M](items=[convert(item) for item in page.items], next_cursor=page.next_cursor)


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Set ``Link: <…>; rel="next"`` (RFC 8288) with the path and filters of ``request``."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
