"""The rules of accounts."""

import pytest

from services.catalog.accounts.domain import AccountNotFound, AccountTaken, leaves_no_administrator


@pytest.mark.parametrize(
    ("administrator_ids", "demoted_id", "expected"),
    [([1], 1, True), ([1, 2], 1, False), ([2], 1, False), ([], 1, False)],
)
def test_only_the_last_administrator_cannot_be_demoted(
    administrator_ids: list[int], demoted_id: int, expected: bool
) -> None:
    assert leaves_no_administrator(administrator_ids, demoted_id) is expected


def test_errors_name_the_account() -> None:
    assert AccountNotFound("acme").detail == "There is no account 'acme'."
    assert (AccountTaken("acme").status, AccountTaken("acme").code) == (409, "account_taken")
    assert "'acme'" in AccountTaken("acme").detail
