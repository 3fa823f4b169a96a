"""The errors that a Docker client gets if it cannot delete something, and their messages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.registry.error_format import (
    Denied,
    DigestInvalid,
    ManifestUnknown,
    RegistryApiError,
    TagInvalid,
    Unavailable,
    Unsupported,
)
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.images.domain import ImageNotFound
from services.catalog.intents.domain import ChangeInProgress
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.rules.domain import TagImmutable

DELETE_SCOPE = ("pull", "push", "delete")
"""The actions of the token that a client is asked for: all that the grant `delete` includes."""
NOT_GRANTED = (
    "deleting here needs the grant `delete`; the owner of the namespace can give it to a Docker "
    "user, or delete in the console or with the JSON API"
)
WIDER_SCOPE_NEEDED = (
    "the token does not allow deletion; request one with the action `delete`, and if you log in "
    "with an access token, use one with the permission `delete`"
)
RETRY_SECONDS = 2
_UPLOAD = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,127}")


def is_upload(text: str) -> bool:
    """Return whether ``text`` can be the id of an upload in Distribution's addresses."""
    return _UPLOAD.fullmatch(text) is not None


@contextmanager
def in_registry_format() -> Iterator[None]:
    """Raise the errors of a deletion in the format of the registry API.

    What something else needs is 405: the OCI distribution spec has no other status for it, and
    clients print the message. 403 would be about the client.
    """
    try:
        yield
    except ImageNotFound as error:
        raise ManifestUnknown(error.detail) from error
    except NeededByIndex as error:
        raise Unsupported(error.detail) from error
    except TagImmutable as error:
        raise Denied(
            f"tag {error.tag} is immutable: neither it nor the image that it names can be deleted"
        ) from error
    except RepositoryDeleting as error:
        raise Denied(error.detail) from error
    except ChangeInProgress as error:
        raise Unavailable(
            "another push or deletion of the same image is not finished; try again in a moment",
            retry_after=RETRY_SECONDS,
        ) from error
    except RegistryUnavailable as error:
        raise Unavailable(
            "the registry does not respond; the deletion goes on, and you need not repeat it",
            retry_after=RETRY_SECONDS,
        ) from error


def malformed(reference: str) -> RegistryApiError:
    """Return the refusal of a reference that is neither a tag nor a digest."""
    if ":" in reference:
        return malformed_digest()
    return TagInvalid("a tag has at most 128 letters, digits, '.', '_', and '-'")


def malformed_digest() -> RegistryApiError:
    """Return the refusal of text that is not a digest."""
    return DigestInvalid("a digest is sha256: with 64 lower-case hex digits")
