"""Responses for errors: ``application/problem+json`` (RFC 9457), and their OpenAPI description."""

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
from libs.common.web.errors import DatabaseUnavailable, Invalid, MoorageError, NotFound

MEDIA_TYPE = "application/problem+json"
MAX_FIELDS = 20
"""How many fields a validation error lists. No response to an invalid request exceeds 16 KiB."""
_MAX_FIELD = 64
_MAX_MESSAGE = 300
_MAX_DETAIL = 1000
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "content_too_large",
    415: "unsupported_media_type",
}
_log = structlog.get_logger()


class FieldProblem(BaseModel):
    """A field that breaks a rule."""

    field: str = Field(
        description="Path of the field, such as `retention[0].tags`.", examples=["password"]
    )
    message: str = Field(
        description="The rule that it breaks.",
        examples=["String should have at least 8 characters"],
    )


class Problem(BaseModel):
    """An error response (RFC 9457). `code` is stable; `detail` is for people and can change."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=[NotFound.title])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["There is no namespace 'team'."])
    errors: list[FieldProblem] | None = Field(
        default=None,
        description="On a validation error: the first 20 invalid fields. `detail` says how many "
        "more there are.",
    )
    available_at: datetime | None = Field(
        default=None, description="On `name_reserved`: when the name becomes available (UTC)."
    )


def responses(*errors: type[MoorageError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI ``responses`` of ``errors``, for the decorator of a route.

    Errors with the same status share one entry.
    """
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
    """Return a response with one problem document. A long ``detail`` is cut."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": _cut(detail, _MAX_DETAIL),
        **extra,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def of_error(error: MoorageError) -> Response:
    """Return the response for ``error``."""
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
    found = error.errors()
    fields = [_field_problem(item) for item in found[:MAX_FIELDS]]
    detail = "; ".join(f"{f['field']}: {f['message']}" for f in fields)
    more = len(found) - len(fields)
    if more:
        end = f"; and {more} more {'field' if more == 1 else 'fields'}"
        detail = _cut(detail, _MAX_DETAIL - len(end)) + end
    return problem(Invalid.status, Invalid.code, Invalid.title, detail, errors=fields)


def _field_problem(item: Any) -> dict[str, str]:
    """Return the FieldProblem of one error of Pydantic.

    The client chooses the name of an unknown field, so the name is cut and made printable.
    """
    if item["type"] == "json_invalid":  # `loc` ends with a position, which is no field
        reason = item.get("ctx", {}).get("error", "")
        message = f"is not valid JSON: {reason}" if reason else "is not valid JSON"
        return {"field": "body", "message": _cut(message, _MAX_MESSAGE)}
    name = _cut(_path(item["loc"]), _MAX_FIELD)
    return {
        "field": "".join(
            char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name
        ),
        "message": _cut(_rule(item), _MAX_MESSAGE),
    }


def _rule(item: Any) -> str:
    """Return the rule that a value breaks, without the prefix that Pydantic adds to our own."""
    return str(item["msg"]).removeprefix("Value error, ")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _path(loc: tuple[int | str, ...]) -> str:
    """Return the path of a field, such as ``retention[0].tags``."""
    parts = (
        loc[1:] if len(loc) > 1 and loc[0] in ("body", "query", "path", "header", "cookie") else loc
    )
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts
    ).removeprefix(".")


async def _invalid_cursor(_: Request, __: Exception) -> Response:
    return of_error(
        Invalid("cursor", "was not issued by this list for this order. Start without a cursor.")
    )


async def _unexpected(_: Request, error: Exception) -> Response:
    if is_unreachable(error):
        return of_error(DatabaseUnavailable())
    _log.error("unexpected error", exc_info=error)
    return problem(
        500,
        "internal_error",
        MoorageError.title,
        "The service failed. Send the administrator the X-Request-ID of this response: the log "
        "lines with this id show the cause.",
    )


def install(app: FastAPI) -> None:
    """Install error handlers on ``app``, so that no response has FastAPI's own error format."""
    app.add_exception_handler(MoorageError, _moorage_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(InvalidCursor, _invalid_cursor)
    app.add_exception_handler(Exception, _unexpected)
