"""What a path under ``/v2/`` names (OCI distribution spec, "Endpoints").

The catalog answers some of these paths for the registry.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an address of the registry API names."""

    MANIFEST = "manifests"
    BLOB = "blobs"
    UPLOAD = "blobs/uploads"
    TAGS = "tags/list"
    REFERRERS = "referrers"
    CATALOG = "_catalog"


@dataclass(frozen=True, slots=True)
class Address:
    """A path of the registry API. Nothing in it has been validated.

    ``repository`` is empty for the list of all repositories. ``reference`` is the tag or digest of
    a manifest, the digest of a blob or of a subject, or the id of an upload.
    """

    kind: Kind
    repository: str = ""
    reference: str = ""


_REFERENCED = re.compile(
    r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs/uploads|blobs|referrers)/(?P<reference>[^/]+)"
)
_TAGS = re.compile(r"/v2/(?P<repository>.+)/tags/list")


def template_of(kind: Kind) -> str:
    """Return the path of an address with placeholders, for metrics."""
    if kind is Kind.CATALOG:
        return f"/v2/{kind}"
    return f"/v2/{{repository}}/{kind}" + ("" if kind is Kind.TAGS else "/{reference}")


def parse_address(path: str) -> Address | None:
    """Return what ``path`` names, or None if the registry API has no such path.

    No name and no reference has other characters than printable ASCII. The challenge of an error
    has the name in a header, which can hold no others.
    """
    if not (path.isascii() and path.isprintable()):
        return None
    if path == "/v2/_catalog":
        return Address(Kind.CATALOG)
    tags = _TAGS.fullmatch(path)
    if tags is not None:
        return Address(Kind.TAGS, tags["repository"])
    named = _REFERENCED.fullmatch(path)
    if named is not None:
        return Address(Kind(named["kind"]), named["repository"], named["reference"])
    return None
