"""The query parameter ``account`` of lists: whose objects a list shows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Forbidden
from libs.common.web.fields import Filter


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """A principal and the account whose objects it may list.

    ``account`` is a username. None stands for all accounts, and only an administrator gets it.
    """

    principal: Principal
    account: str | None


async def _account_filter(principal: Authenticated, account: Filter = None) -> AccountFilter:
    if principal.is_admin:
        return AccountFilter(principal, account)
    if account not in (None, principal.username):
        raise Forbidden(
            "Only an administrator can list the objects of another account. Remove `account`."
        )
    return AccountFilter(principal, principal.username)


ByAccount = Annotated[AccountFilter, Depends(_account_filter)]
"""A route's parameter: a member lists its own objects, an administrator those of any account."""
