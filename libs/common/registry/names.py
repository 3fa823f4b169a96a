"""The grammar of names (spec 4; OCI distribution spec, "Pull").

The services must accept exactly the names that the registry accepts.
"""

import re

NAMESPACE_PATTERN = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
USERNAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
REPOSITORY_PATTERN = r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
MAX_REPOSITORY_PATH = 255
"""Characters of a repository path, with its namespace."""

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
