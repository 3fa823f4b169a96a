"""Sessions and their refresh secrets."""

import uuid
from datetime import datetime, timedelta

import pytest

from services.auth.sessions.domain import (
    RefreshSecret,
    Session,
    new_refresh_secret,
    parse_cookie,
)
from tests.unit.auth.make import NOW, credential


def session(*, expires_at: datetime = NOW + timedelta(days=1)) -> Session:
    return Session(uuid.uuid4(), 7, 1, b"current", None, NOW, expires_at)


def test_session_is_current_until_it_expires() -> None:
    assert session().is_current(credential("account"), now=NOW)
    assert not session(expires_at=NOW).is_current(credential("account"), now=NOW)


def test_session_ends_when_its_account_is_disabled_or_gets_a_new_password() -> None:
    assert not session().is_current(credential("account", disabled=True), now=NOW)
    assert not session().is_current(credential("account", version=2), now=NOW)


def test_cookie_round_trips() -> None:
    secret = new_refresh_secret(b"key")
    assert parse_cookie(secret.cookie()) == secret


@pytest.mark.parametrize(
    "value", ["", "x", "00.00", "." * 3, "0" * 32, "0" * 32 + ".", "0" * 32 + ".é", "g" * 32 + ".0"]
)
def test_malformed_cookie_is_rejected(value: str) -> None:
    assert parse_cookie(value) is None


def test_next_secret_depends_on_the_secret_and_the_key_only() -> None:
    first = RefreshSecret(uuid.uuid4(), "a1")
    assert first.next(b"key") == first.next(b"key")
    assert first.next(b"key") != first.next(b"other key")
    assert first.next(b"key").next(b"key") != first.next(b"key")
    assert first.next(b"key").session_id == first.session_id
    assert first.next(b"key").hash != first.hash


def test_service_recognizes_every_secret_that_it_issued() -> None:
    first = new_refresh_secret(b"key")
    for secret in (first, first.next(b"key"), first.next(b"key").next(b"key")):
        assert secret.is_issued(keys=[b"new key", b"key"])
        assert not secret.is_issued(keys=[b"other key"])
        assert not RefreshSecret(uuid.uuid4(), secret.secret).is_issued(keys=[b"key"])


@pytest.mark.parametrize("wrong", ["a1", "0" * 64, "0" * 128])
def test_service_recognizes_no_invented_secret(wrong: str) -> None:
    assert not RefreshSecret(uuid.uuid4(), wrong).is_issued(keys=[b"key"])
