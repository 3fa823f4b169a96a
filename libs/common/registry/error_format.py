"""Errors in the format of the registry API, which Docker clients read.

Source: OCI distribution spec, "Error Codes", and Distribution's ``errcode`` package. The errors of
calls to Distribution are in ``errors.py``.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class RegistryApiError(Exception):
    """An error that a Docker client receives.

    ``status``, ``code``, and ``title`` belong to the class. ``message`` is a sentence for people,
    by default the title. ``headers`` go into the response.
    """

    status = 500
    code = "UNKNOWN"
    title = "unknown error"

    def __init__(
        self,
        message: str | None = None,
        *,
        detail: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or self.title
        super().__init__(self.message)
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The response body."""
        return error_body(self.code, self.message, self.detail)


def error_body(code: str, message: str, detail: object = None) -> dict[str, Any]:
    """Return a response body with one error. Distribution leaves out an empty ``detail``."""
    more = {} if detail is None else {"detail": detail}
    return {"errors": [{"code": code, "message": message, **more}]}


def unauthorized_detail(
    name: str, actions: Sequence[str], *, kind: str = "repository"
) -> list[dict[str, str]]:
    """Return the ``detail`` of Distribution's 401: the access that the request requires."""
    return [{"Type": kind, "Class": "", "Name": name, "Action": action} for action in actions]


class Unauthorized(RegistryApiError):
    """The request has no token, or one that does not allow it. Clients then request a token."""

    status, code, title = 401, "UNAUTHORIZED", "authentication required"


class Denied(RegistryApiError):
    """A rule refuses the request, whatever the token."""

    status, code, title = 403, "DENIED", "requested access to the resource is denied"


class ManifestInvalid(RegistryApiError):
    """The registry must refuse the manifest. The message names the field and the rule."""

    status, code, title = 400, "MANIFEST_INVALID", "manifest invalid"


class ManifestUnknown(RegistryApiError):
    """The repository has no such tag or manifest."""

    status, code, title = 404, "MANIFEST_UNKNOWN", "manifest unknown"


class ManifestBlobUnknown(RegistryApiError):
    """The manifest names a blob or manifest that the repository does not have."""

    status, code, title = 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"


class BlobUnknown(RegistryApiError):
    """The repository has no such blob."""

    status, code, title = 404, "BLOB_UNKNOWN", "blob unknown to registry"


class BlobUploadUnknown(RegistryApiError):
    """There is no such upload."""

    status, code, title = 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"


class SizeInvalid(RegistryApiError):
    """The body is too large."""

    status, code, title = 413, "SIZE_INVALID", "the body is too large"


class NameInvalid(RegistryApiError):
    """The name of the repository is invalid."""

    status, code, title = 400, "NAME_INVALID", "invalid repository name"


class NameUnknown(RegistryApiError):
    """The repository does not exist."""

    status, code, title = 404, "NAME_UNKNOWN", "repository name not known to registry"


class TagInvalid(RegistryApiError):
    """The tag is invalid."""

    status, code, title = 400, "TAG_INVALID", "manifest tag did not match URI"


class DigestInvalid(RegistryApiError):
    """The digest is invalid, or is not that of the content."""

    status, code = 400, "DIGEST_INVALID"
    title = "provided digest did not match uploaded content"


class PaginationNumberInvalid(RegistryApiError):
    """The number of entries for a page of a list is invalid."""

    status, code = 400, "PAGINATION_NUMBER_INVALID"
    title = "invalid number of results requested"


class Unsupported(RegistryApiError):
    """The registry does not offer the operation."""

    status, code, title = 405, "UNSUPPORTED", "The operation is unsupported."


class Unavailable(RegistryApiError):
    """The registry cannot answer now. The client can retry after ``retry_after`` seconds."""

    status, code, title = 503, "UNAVAILABLE", "service unavailable"

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})
