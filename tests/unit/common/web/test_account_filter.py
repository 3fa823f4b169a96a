"""Whose objects a list shows."""

import uuid

import pytest

from libs.common.security.principals import Principal
from libs.common.web.account_filter import _account_filter
from libs.common.web.errors import Forbidden


def _principal(role: str) -> Principal:
    return Principal("session", uuid.UUID(int=1), 1, "acme", role, "write", "192.0.2.1")


@pytest.mark.parametrize("named", [None, "acme"])
async def test_a_member_lists_its_own_objects(named: str | None) -> None:
    assert (await _account_filter(_principal("member"), named)).account == "acme"


async def test_a_member_cannot_list_another_accounts_objects() -> None:
    with pytest.raises(Forbidden):
        await _account_filter(_principal("member"), "other")


@pytest.mark.parametrize("named", [None, "acme", "other"])
async def test_an_administrator_lists_the_objects_of_any_account_or_of_all(
    named: str | None,
) -> None:
    assert (await _account_filter(_principal("admin"), named)).account == named
