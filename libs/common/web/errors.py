"""Errors with an HTTP status and a stable code.

``libs.common.web.problems`` turns them into ``application/problem+json`` (RFC 9457).
"""

from collections.abc import Mapping
from typing import Any


class MoorageError(Exception):
    """An error that the API reports to its client.

    ``status``, ``code``, and ``title`` belong to the class, and ``code`` never changes. ``detail``
    is a sentence for people, by default the title. ``extra`` holds members of the problem document
    besides the standard ones. ``headers`` go into the response.
    """

    status = 500
    code = "internal_error"
    title = "The service failed; send the administrator the `X-Request-ID` of this response"

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
    """The server cannot parse the request."""

    status, code = 400, "bad_request"
    title = "The request is malformed; correct it and send it again"


class Unauthenticated(MoorageError):
    """The request has no valid credentials. The response has a challenge (RFC 9110)."""

    status, code = 401, "unauthenticated"
    title = "The credentials are missing or invalid; sign in, or send a valid API key"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="moorage"'})


class Forbidden(MoorageError):
    """The account does not have the permission that the operation requires."""

    status, code = 403, "forbidden"
    title = "You do not have permission to do this; ask the owner or an administrator"


class NotFound(MoorageError):
    """The object does not exist, or the caller cannot see it."""

    status, code = 404, "not_found"
    title = "The object does not exist, or you cannot see it; check its name"


class Conflict(MoorageError):
    """The state of the object does not allow the operation. Subclasses name the state."""

    status, code = 409, "conflict"
    title = "The state of the object does not allow this; reload it and try again"


class LimitReached(Conflict):
    """The account, or the Docker user, has as many objects of one kind as it can have.

    ``owner`` names who has them, as in "The account". ``objects`` is their plural. The operator
    changes the ``limit`` with ``setting``.
    """

    code = "limit_reached"
    title = "The limit of objects is reached; delete one, or ask the administrator to raise it"

    def __init__(self, owner: str, objects: str, *, limit: int, setting: str) -> None:
        super().__init__(
            f"{owner} has {limit:,} {objects}, which is the limit. Delete one that is no longer "
            f"needed, or ask the administrator to raise `{setting}`."
        )


class ContentTooLarge(MoorageError):
    """The request body is larger than ``limit`` bytes."""

    status, code = 413, "content_too_large"
    title = "The request body is too large; send a smaller one"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"The request body is larger than {limit // 1024} KiB. Send a smaller one."
        )


class UriTooLong(MoorageError):
    """The path and query of the request are longer than ``limit`` bytes."""

    status, code = 414, "uri_too_long"
    title = "The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it"

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"The path and query are longer than {limit // 1024} KiB. Shorten them.")


class HeaderTooLarge(MoorageError):
    """The cookies of the request are longer than ``limit`` bytes."""

    status, code = 431, "request_headers_too_large"
    title = "The headers are too large; delete the cookies of this site"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"The cookies are longer than {limit // 1024} KiB. Delete the cookies of this site."
        )


class Invalid(MoorageError):
    """A field breaks a rule.

    ``errors`` lists the field and the message, in the form of the validation of request bodies.
    """

    status, code = 422, "validation_error"
    title = "Some fields are invalid; correct the fields that `errors` lists"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(
            f"{field}: {message}", extra={"errors": [{"field": field, "message": message}]}
        )


class TooManyRequests(MoorageError):
    """The client exceeds a rate limit. It can retry after ``retry_after`` seconds."""

    status, code, title = 429, "too_many_requests", "Too many attempts; try again later"

    def __init__(self, detail: str | None = None, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(MoorageError):
    """The service cannot answer now. The client can retry after ``retry_after`` seconds."""

    status, code, title = 503, "unavailable", "The service is unavailable; try again later"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class DatabaseUnavailable(Unavailable):
    """PostgreSQL is unreachable."""

    code, title = "database_unavailable", "The database is unreachable; try again later"
