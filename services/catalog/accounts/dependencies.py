"""Whose objects a list shows, as a type of a route's parameter."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from libs.common.security.principals import Principal
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Forbidden
from libs.common.web.fields import Filter


@dataclass(frozen=True, slots=True)
class Lister:
    """An account with what its lists hold: ``account`` names whose objects, None: everyone's (administrators only)."""

    principal: Principal
    account: str | None


async def _lister(principal: Authenticated, account: Filter = None) -> Lister:
    """``account``: whose objects; administrators only."""
    if principal.is_admin:
        return Lister(principal, account)
    if account not in (None, principal.username):
        raise Forbidden("Only an administrator may list another account's objects")
    return Lister(principal, principal.username)


Listing = Annotated[Lister, Depends(_lister)]
