"""Which API keys a principal may list and delete."""

import uuid
from typing import Annotated

from fastapi import Depends, Query

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated, SignedIn
from libs.common.web.errors import Forbidden
from libs.common.web.fields import OptionalText
from libs.common.web.provided import provided
from services.auth.api_keys import queries
from services.auth.api_keys.domain import NoSuchKey, OwnedApiKey
from services.auth.settings import Settings

_AccountFilter = Annotated[
    str | None,
    Query(max_length=63, description="list only the keys of this account (administrators)"),
    OptionalText,
]


async def _get_owned_key(tx: Tx, principal: SignedIn, id: uuid.UUID) -> OwnedApiKey:
    key = await queries.find(tx, id=id)
    if key is None or not key.is_owned_by(principal):
        raise NoSuchKey
    return OwnedApiKey(principal, key)


async def _get_listed_account(
    principal: Authenticated, account: _AccountFilter = None
) -> str | None:
    if account not in (None, principal.username) and not principal.is_admin:
        raise Forbidden("Only an administrator can list another account's keys. Remove `account`.")
    return account if account is not None or principal.is_admin else principal.username


def _get_max_keys(settings: Annotated[Settings, Depends(provided(Settings))]) -> int:
    return settings.max_api_keys


MaxKeys = Annotated[int, Depends(_get_max_keys)]
"""A route's parameter: how many API keys an account can have."""

OwnedKey = Annotated[OwnedApiKey, Depends(_get_owned_key)]
"""A route's parameter: an API key of the caller, or any for an administrator; else a 404."""

ListedAccount = Annotated[str | None, Depends(_get_listed_account)]
"""A route's parameter: the account whose keys are listed; None lists the keys of every account."""
