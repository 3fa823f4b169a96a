"""What of our environment the children see: what they are meant to, and nothing that happens to be there."""

import os
from collections.abc import Mapping

# Locale, loader path and time zone belong to the machine, not to Moorage; DATABASE_URL, MOORAGE_ADMIN_PASSWORD, PGHOST,
# REGISTRY_AUTH_FILE and their like stay out.
_MACHINE = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The auth service's settings, with their defaults in seconds.
TOKEN_LIFETIMES = {"AUTH_PULL_TOKEN_SECONDS": 300, "AUTH_PUSH_TOKEN_SECONDS": 1800}


def child_environment(**added: str) -> dict[str, str]:
    """Return a small environment for a child, with `added` on top."""
    kept = {name: os.environ[name] for name in _MACHINE if name in os.environ}
    return {"PATH": search_path(), **kept, **added}


def search_path() -> str:
    """Return PATH with the system's folders at its end: sbin, where nginx is, is missing from many users' PATH."""
    return os.pathsep.join(filter(None, (os.environ.get("PATH"), _SYSTEM_PATH)))


def longest_token_seconds(environment: Mapping[str, str]) -> int:
    """Return how long the longest registry token is good; what is no number is left to the auth service to refuse."""
    given = ((environment.get(name), default) for name, default in TOKEN_LIFETIMES.items())
    return max(
        int(seconds) if seconds and seconds.isdecimal() else default for seconds, default in given
    )
