"""Principals for the permission types of the catalog."""

import uuid
from collections.abc import Callable

import pytest

from libs.common.security.principals import Principal

MakePrincipal = Callable[..., Principal]


@pytest.fixture
def principal() -> MakePrincipal:
    """Returns a principal: `principal(account_id=1)`, or `principal(2, role="admin")`."""

    def make(account_id: int, role: str = "member") -> Principal:
        return Principal(
            kind="session",
            id=uuid.UUID(int=account_id),
            account_id=account_id,
            username=f"account-{account_id}",
            role=role,
            permission="write",
            client_address="192.0.2.1",
        )

    return make
