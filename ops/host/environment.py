"""The environment of child processes: a small one, so that no variable reaches them by accident."""

import os
from collections.abc import Mapping

# Locale, library path, and time zone belong to the machine. DATABASE_URL, MOORAGE_ADMIN_PASSWORD,
# PGHOST, REGISTRY_AUTH_FILE, and the like must not reach a child.
_MACHINE = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOKEN_LIFETIMES = {"AUTH_PULL_TOKEN_SECONDS": 300, "AUTH_PUSH_TOKEN_SECONDS": 1800}
"""The auth service's settings of token lifetimes, with their defaults in seconds."""
REGISTRY_ENVIRONMENT = {
    # Otherwise Distribution 3.x sends traces to a port without a listener, and logs each failure.
    "OTEL_TRACES_EXPORTER": "none",
    # The heap has a few MiB, and each blob that Distribution sends takes a buffer of 4 MiB. Go's
    # default (100) collects garbage all the time, which costs a fifth of the processor time of a
    # push (bench/results.md). The limit keeps the memory small when many buffers are in use.
    "GOGC": "400",
    "GOMEMLIMIT": "256MiB",
}
"""The environment variables of Distribution; deploy/compose.yaml sets the same."""


def child_environment(**added: str) -> dict[str, str]:
    """Return the environment of a child, with the variables of `added`."""
    kept = {name: os.environ[name] for name in _MACHINE if name in os.environ}
    return {"PATH": search_path(), **kept, **added}


def search_path() -> str:
    """Return PATH with the system's folders at its end.

    nginx is in sbin, which is missing from the PATH of many users.
    """
    return os.pathsep.join(filter(None, (os.environ.get("PATH"), _SYSTEM_PATH)))


def longest_token_seconds(environment: Mapping[str, str]) -> int:
    """Return the longest lifetime of a registry token, in seconds.

    A value that is not a number counts as the default. The auth service reports it.
    """
    return max(_token_seconds(environment, name) for name in TOKEN_LIFETIMES)


def push_token_seconds(environment: Mapping[str, str]) -> int:
    """Return the lifetime of a token that includes push or delete, in seconds."""
    return _token_seconds(environment, "AUTH_PUSH_TOKEN_SECONDS")


def _token_seconds(environment: Mapping[str, str], name: str) -> int:
    seconds = environment.get(name)
    return int(seconds) if seconds and seconds.isdecimal() else TOKEN_LIFETIMES[name]
