"""Errors that know their HTTP status and a stable code; one handler turns them into problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any


class MoorageError(Exception):
    """An error that a caller is told about.

    ``status`` and ``code`` belong to the class and never change; ``detail`` is a sentence for people; ``extra`` are members of the
    problem document besides the standard ones; ``headers`` go into the response.
    """

    status = 500
    code = "internal_error"
    title = "Internal error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class BadRequest(MoorageError):
    status, code, title = 400, "bad_request", "The request cannot be understood"


class Unauthenticated(MoorageError):
    status, code, title = 401, "unauthenticated", "Sign in first"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="moorage"'})


class Forbidden(MoorageError):
    status, code, title = 403, "forbidden", "You may not do this"


class NotFound(MoorageError):
    status, code, title = 404, "not_found", "There is no such object"


class Conflict(MoorageError):
    status, code, title = 409, "conflict", "The object is in another state"


class ContentTooLarge(MoorageError):
    status, code, title = 413, "content_too_large", "The body is larger than 1 MiB"


class Invalid(MoorageError):
    """A field breaks a rule: ``errors`` lists ``{"field", "message"}`` as the validation of a body does."""

    status, code, title = 422, "validation_error", "Some fields are not valid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(
            f"{field}: {message}", extra={"errors": [{"field": field, "message": message}]}
        )


class TooManyRequests(MoorageError):
    status, code, title = 429, "too_many_requests", "Too many attempts"

    def __init__(self, detail: str | None = None, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(MoorageError):
    status, code, title = 503, "unavailable", "The service cannot answer now"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class DatabaseUnavailable(Unavailable):
    code, title = "database_unavailable", "The database cannot be reached"
