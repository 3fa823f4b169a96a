"""API keys: who may delete them."""

import uuid

import pytest

from libs.common.security.principals import Principal
from services.auth.api_keys.domain import ApiKey
from tests.unit.auth.make import NOW


@pytest.mark.parametrize(
    ("username", "role", "owned"),
    [("owner", "member", True), ("other", "member", False), ("other", "admin", True)],
)
def test_key_is_owned_by_its_account_and_by_administrators(
    username: str, role: str, owned: bool
) -> None:
    key = ApiKey(uuid.uuid4(), "owner", "pipeline", "read", NOW, None, None, None)
    principal = Principal("session", uuid.uuid4(), 7, username, role, "write", "192.0.2.1")
    assert key.is_owned_by(principal) == owned
