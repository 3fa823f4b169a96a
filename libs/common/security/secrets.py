"""Opaque secrets of 256 random bits, of which only a hash is kept: API keys, access tokens, refresh tokens."""

import hashlib
import secrets


def new_secret(prefix: str) -> str:
    """A new secret. The prefix tells people and secret scanners what it is."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of ``secret``. SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
