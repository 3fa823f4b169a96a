"""Access tokens: whose they are."""

import uuid

from services.auth.access.domain import Permission
from services.auth.access_tokens.domain import AccessToken
from tests.unit.auth.make import credential


def test_token_belongs_to_its_user_even_after_a_new_password() -> None:
    token = AccessToken(uuid.uuid4(), 1, "dev", Permission.PULL, None)
    assert token.belongs_to(credential())
    assert token.belongs_to(credential(version=2))
    assert not token.belongs_to(credential(id=2))
