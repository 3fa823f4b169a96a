"""Turns every error of a service into RFC 9457 ``application/problem+json``, and describes that answer for OpenAPI."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from libs.common.db.engine import is_unreachable
from libs.common.db.pagination import InvalidCursor
from libs.common.web.errors import DatabaseUnavailable, Invalid, MoorageError

MEDIA_TYPE = "application/problem+json"
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "content_too_large",
    415: "unsupported_media_type",
}
_log = structlog.get_logger()


class FieldProblem(BaseModel):
    """One field that broke a rule."""

    field: str = Field(description="path of the field", examples=["password"])
    message: str = Field(
        description="the rule it broke", examples=["String should have at least 8 characters"]
    )


class Problem(BaseModel):
    """An error answer (RFC 9457). ``code`` is stable; ``detail`` is for people and may change."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["There is no such object"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["There is no namespace 'team'"])
    errors: list[FieldProblem] | None = Field(
        default=None, description="on a validation error: each field"
    )
    available_at: datetime | None = Field(
        default=None, description="on `name_reserved`: when the name is free, UTC"
    )


def responses(*errors: type[MoorageError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI ``responses`` entry for ``errors``, for use in a route's decorator; errors of one status are merged."""
    entries: dict[int | str, dict[str, Any]] = {}
    for status, group in _by_status(errors):
        entries[status] = {
            "description": "; ".join(f"{e.title} (`{e.code}`)" for e in group),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return entries


def _by_status(errors: Iterable[type[MoorageError]]) -> list[tuple[int, list[type[MoorageError]]]]:
    groups: dict[int, list[type[MoorageError]]] = {}
    for error in errors:
        groups.setdefault(error.status, []).append(error)
    return sorted(groups.items())


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """One problem document as a response."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def of_error(error: MoorageError) -> Response:
    """The response that tells ``error``."""
    return problem(
        error.status, error.code, error.title, error.detail, error.headers, **error.extra
    )


async def _moorage_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, MoorageError)
    return of_error(error)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "http_error")
    return problem(
        error.status_code, code, str(error.detail), str(error.detail), dict(error.headers or {})
    )


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [{"field": _path(item["loc"]), "message": str(item["msg"])} for item in error.errors()]
    detail = "; ".join(f"{f['field']}: {f['message']}" for f in fields)
    return problem(422, "validation_error", "Some fields are not valid", detail, errors=fields)


def _path(loc: tuple[int | str, ...]) -> str:
    parts = (
        loc[1:] if len(loc) > 1 and loc[0] in ("body", "query", "path", "header", "cookie") else loc
    )
    return ".".join(str(part) for part in parts)


async def _invalid_cursor(_: Request, __: Exception) -> Response:
    return of_error(Invalid("cursor", "is not one that this list gave for this order"))


async def _unexpected(_: Request, error: Exception) -> Response:
    if is_unreachable(error):
        return of_error(DatabaseUnavailable())
    _log.error("unexpected error", exc_info=error)
    return problem(
        500,
        "internal_error",
        "Internal error",
        "Something went wrong here; the log has it under this request id",
    )


def install(app: FastAPI) -> None:
    """Give ``app`` the handlers, so that no answer is in FastAPI's own error shape."""
    app.add_exception_handler(MoorageError, _moorage_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(InvalidCursor, _invalid_cursor)
    app.add_exception_handler(Exception, _unexpected)
