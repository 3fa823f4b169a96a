"""What of our environment the children see: what they are meant to, and nothing that happens to be there."""

import os

# Locale, loader path and time zone belong to the machine, not to Moorage; DATABASE_URL, MOORAGE_ADMIN_PASSWORD, PGHOST,
# REGISTRY_AUTH_FILE and their like stay out.
_MACHINE = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def child_environment(**added: str) -> dict[str, str]:
    """Return a small environment for a child, with `added` on top."""
    kept = {name: os.environ[name] for name in _MACHINE if name in os.environ}
    return {"PATH": search_path(), **kept, **added}


def search_path() -> str:
    """Return PATH with the system's folders at its end: sbin, where nginx is, is missing from many users' PATH."""
    return os.pathsep.join(filter(None, (os.environ.get("PATH"), _SYSTEM_PATH)))
