"""Completes the URL of a database with the options of the connection."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""Values of `sslmode`, as in libpq."""


class ContradictingOptions(ValueError):
    """The URL and a setting give one option different values. The message names the option."""


def with_options(url: str, *, sslmode: str | None = None, ca_file: str | None = None) -> str:
    """Return ``url`` with these options, and with `target_session_attrs=read-write`.

    Of several hosts, a connection then uses the primary. A host that became a standby is refused.
    A URL that has `target_session_attrs` keeps it.

    Raises:
        ContradictingOptions: the URL has another `sslmode` or `sslrootcert`.
    """
    options: Mapping[str, str | None] = {"sslmode": sslmode, "sslrootcert": ca_file}
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in options.items():
        if value is None:
            continue
        if query.setdefault(name, value) != value:
            raise ContradictingOptions(f"the URL of the database has another {name}; remove one")
    query.setdefault("target_session_attrs", "read-write")
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/")))
