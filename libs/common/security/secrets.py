"""Opaque secrets of 256 random bits: API keys, access tokens, and refresh tokens.

The database stores only their hashes.
"""

import hashlib
import secrets


def new_secret(prefix: str) -> str:
    """Return a new secret. The prefix identifies its kind to people and secret scanners."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Return the hash of ``secret`` for storage. SHA-256 suffices for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
