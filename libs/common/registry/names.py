"""The grammar of names (spec 4; OCI distribution spec, "Pull"). The registry and our services must agree on it to the letter."""

import re

NAMESPACE_PATTERN = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
USERNAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
REPOSITORY_PATTERN = r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
MAX_REPOSITORY_PATH = 255

_namespace = re.compile(NAMESPACE_PATTERN.removesuffix("$"))
_repository = re.compile(REPOSITORY_PATTERN.removesuffix("$"))
_username = re.compile(USERNAME_PATTERN.removesuffix("$"))


def is_namespace(name: str) -> bool:
    """Whether ``name`` may name a namespace: 2-63 characters."""
    return 2 <= len(name) <= 63 and _namespace.fullmatch(name) is not None


def is_username(name: str) -> bool:
    """Whether ``name`` may name an account or a Docker user: 2-63 characters."""
    return 2 <= len(name) <= 63 and _username.fullmatch(name) is not None


def split_repository(path: str) -> tuple[str, str] | None:
    """``(namespace, name)`` of the repository path ``namespace/name``, or None when it is no name that we serve."""
    if len(path) > MAX_REPOSITORY_PATH:
        return None
    namespace, slash, name = path.partition("/")
    if not slash or not is_namespace(namespace) or _repository.fullmatch(name) is None:
        return None
    return namespace, name
