"""What the seed is called, so that measurements find it again."""

import secrets

PASSWORD = secrets.token_urlsafe(16)
"""Of every Docker user of the seed."""

API_KEYS = {
    name: f"mak_{secrets.token_urlsafe(32)}" for name in ("bench-admin", "bench-owner", "bench-few")
}
"""By account: an operator, an account that owns half of all, and one that owns one namespace."""


def docker_user(number: int) -> str:
    """The name of a Docker user of the seed."""
    return f"user-{number:05}"


def namespace(number: int) -> str:
    """The name of a namespace of the seed. Number 0 is what `user-00000` may push to, 1 belongs to `bench-few`."""
    return f"team-{number:04}"
