"""The grammar of names (spec 4; OCI distribution spec, "Pull").

The services must accept exactly the names that the registry accepts.
"""

import re
from typing import Literal

NAMESPACE_PATTERN = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
USERNAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
REPOSITORY_PATTERN = r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
MAX_REPOSITORY_PATH = 255
"""Characters of a repository path, with its namespace."""

ArtifactSuffix = Literal["", "sig", "att", "sbom"]
"""The suffix of an artifact tag. Without one, the tag is the fallback tag."""

_ARTIFACT_SUFFIXES: tuple[ArtifactSuffix, ...] = ("", "sig", "att", "sbom")
_FALLBACK_HEX = 64
_artifact_tag = re.compile(r"(sha256|sha384|sha512)-([0-9a-f]{64})(?:\.(sig|att|sbom))?")
_namespace = re.compile(NAMESPACE_PATTERN.removesuffix("$"))
_repository = re.compile(REPOSITORY_PATTERN.removesuffix("$"))
_username = re.compile(USERNAME_PATTERN.removesuffix("$"))


def is_namespace(name: str) -> bool:
    """Return whether ``name`` is a valid name of a namespace: 2 to 63 characters."""
    return 2 <= len(name) <= 63 and _namespace.fullmatch(name) is not None


def is_username(name: str) -> bool:
    """Return whether ``name`` is a valid name of an account or Docker user: 2 to 63 characters."""
    return 2 <= len(name) <= 63 and _username.fullmatch(name) is not None


def split_repository(path: str) -> tuple[str, str] | None:
    """Split the path ``namespace/name`` into both parts, or return None if it is not valid."""
    if len(path) > MAX_REPOSITORY_PATH:
        return None
    namespace, slash, name = path.partition("/")
    if not slash or not is_namespace(namespace) or _repository.fullmatch(name) is None:
        return None
    return namespace, name


def is_artifact_tag(tag: str) -> bool:
    """Return whether ``tag`` belongs to another image, by its name.

    It is the fallback tag of an image, which lists its referrers (OCI distribution spec, "Referrers
    Tag Schema"), or a tag of cosign, such as ``sha256-….sig``. The function
    ``catalog.is_artifact_tag`` of the database has the same rule.
    """
    return _artifact_tag.fullmatch(tag) is not None


def artifact_suffix(tag: str) -> ArtifactSuffix | None:
    """Return the suffix of an artifact tag, or None if ``tag`` is another tag."""
    match = _artifact_tag.fullmatch(tag)
    if match is None:
        return None
    return next(suffix for suffix in _ARTIFACT_SUFFIXES if suffix == (match[3] or ""))


def artifact_subject(tag: str) -> str | None:
    """Return the digest of the image that an artifact tag belongs to, else None.

    The tag has only a part of a digest that is longer than a sha256 digest.
    """
    match = _artifact_tag.fullmatch(tag)
    return f"{match[1]}:{match[2]}" if match is not None and match[1] == "sha256" else None


def fallback_tag(digest: str) -> str:
    """Return the tag that lists the referrers of ``digest`` for clients without the API."""
    algorithm, _, encoded = digest.partition(":")
    return f"{algorithm}-{encoded[:_FALLBACK_HEX]}"


def artifact_tags(digest: str) -> list[str]:
    """Return the tags that belong to the image ``digest``: its fallback tag, and those of cosign.

    They are deleted and restored with the image.
    """
    fallback = fallback_tag(digest)
    return [f"{fallback}.{suffix}" if suffix else fallback for suffix in _ARTIFACT_SUFFIXES]
