"""Refresh tokens: whose they are, and when they expire."""

import uuid
from datetime import timedelta

from services.auth.access.domain import Permission
from services.auth.refresh_tokens.domain import RefreshToken, expiry
from tests.unit.auth.make import NOW, credential

LIFETIME = timedelta(days=90)


def test_token_belongs_to_its_user_until_the_version_changes() -> None:
    token = RefreshToken(uuid.uuid4(), 1, "dev", 1, "moorage", NOW, Permission.PUSH, None)
    assert token.belongs_to(credential())
    assert not token.belongs_to(credential(version=2))
    assert not token.belongs_to(credential(id=2))


def test_token_expires_after_its_lifetime_or_with_its_access_token() -> None:
    day, year = NOW + timedelta(days=1), NOW + timedelta(days=365)
    for access_token_expires_at, expected in (
        (None, NOW + LIFETIME),
        (year, NOW + LIFETIME),
        (day, day),
    ):
        assert (
            expiry(now=NOW, lifetime=LIFETIME, access_token_expires_at=access_token_expires_at)
            == expected
        )
