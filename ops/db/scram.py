"""SCRAM-SHA-256 verifiers, which set a password without a statement that contains it."""

import base64
import hashlib
import hmac
import secrets

_ITERATIONS = 4096  # PostgreSQL's default.


def verifier(password: str) -> str:
    """Return the verifier of `password` that PostgreSQL stores (RFC 5803).

    Args:
        password: ASCII only, because SASLprep does not change ASCII.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_b64(salt)}${_b64(stored_key)}:{_b64(server_key)}"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
