"""Which addresses a descriptor may name in ``urls`` (spec 5).

A client that pulls such a layer downloads it from there, so a free choice of the address would let
a pusher send every client to any server.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_FOREIGN_LAYER_URLS = ("https://mcr.microsoft.com/", "https://go.microsoft.com/fwlink/")
"""The base layers of Windows images, which Microsoft does not allow others to distribute."""

FOREIGN_LAYER_TYPES = frozenset(
    {
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    }
)

_PATH = r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]*"
_URL = re.compile(
    rf"https://(?P<host>[A-Za-z0-9.-]+(:[0-9]+)?)(?P<path>{_PATH})"
    r"(\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
"""An https URL without user information, fragment, or percent-encoding in its path."""


@dataclass(frozen=True, slots=True)
class ForeignPrefix:
    """An allowed host, with its port if it has one, and the start of an allowed path."""

    host: str
    path: str

    @classmethod
    def parse(cls, text: str) -> "ForeignPrefix":
        """Return the prefix ``text``, such as ``https://mcr.microsoft.com/``.

        Raises:
            ValueError: ``text`` is not an https URL that ends in a slash.
        """
        parts = _parts(text)
        if parts is None or not text.endswith("/") or "?" in text:
            raise ValueError(
                f"{text!r} must be https://host/path/ and end in a slash, without user, query, "
                "'..', or percent-encoding"
            )
        return cls(*parts)

    def allows(self, url: str) -> bool:
        """Return whether ``url`` is on this host and under this path."""
        parts = _parts(url)
        return parts is not None and parts[0] == self.host and parts[1].startswith(self.path)


def is_allowed(url: str, prefixes: Iterable[ForeignPrefix]) -> bool:
    """Return whether one of ``prefixes`` allows ``url``."""
    return any(prefix.allows(url) for prefix in prefixes)


def _parts(url: str) -> tuple[str, str] | None:
    match = _URL.fullmatch(url) if len(url) <= 2048 else None
    if match is None or not {".", ".."}.isdisjoint(match["path"].split("/")):
        return None
    return match["host"].lower(), match["path"]
