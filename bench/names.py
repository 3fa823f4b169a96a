"""Names and secrets of the seeded objects."""

import secrets

PASSWORD = secrets.token_urlsafe(16)
"""The password of every seeded Docker user."""

API_KEYS = {
    name: f"mak_{secrets.token_urlsafe(32)}" for name in ("bench-admin", "bench-owner", "bench-few")
}
"""By account: an administrator, an owner of half of all namespaces, and an owner of one."""


def docker_user(number: int) -> str:
    """Return the name of a seeded Docker user."""
    return f"user-{number:05}"


def namespace(number: int) -> str:
    """Return the name of a seeded namespace.

    `user-00000` has a push grant in number 0. Number 1 belongs to `bench-few`.
    """
    return f"team-{number:04}"
