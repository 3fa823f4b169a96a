"""``/account`` for everyone, ``/accounts`` for administrators."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.authentication import (
    Administrator,
    Authenticated,
    SessionRequired,
    SignedIn,
    SignedInAdministrator,
)
from libs.common.web.errors import Forbidden, Invalid, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts import usecases
from services.catalog.accounts.dependencies import (
    DefaultQuota,
    Hasher,
    PasswordThrottle,
    Refusals,
)
from services.catalog.accounts.domain import (
    AccountTaken,
    HashingBusy,
    LastAdministrator,
    PasswordThrottled,
    WrongPassword,
)
from services.catalog.accounts.schemas import (
    AccountChange,
    AccountCreate,
    AccountOut,
    OwnAccountOut,
    OwnPasswordChange,
)

router = APIRouter(tags=["accounts"])


@router.get("/account", responses=responses(Unauthenticated))
async def get_own_account(tx: Tx, principal: Authenticated) -> OwnAccountOut:
    """Return the account that is signed in."""
    account = await usecases.get_account(tx=tx, username=principal.username)
    return OwnAccountOut.model_validate(account)


@router.put(
    "/account/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated, SessionRequired, WrongPassword, PasswordThrottled, Invalid, HashingBusy
    ),
)
async def change_own_password(
    hasher: Hasher,
    tx: Tx,
    principal: SignedIn,
    wrong_passwords: PasswordThrottle,
    refusals: Refusals,
    body: OwnPasswordChange,
) -> None:
    """Change the password of the account that is signed in.

    All sessions of the account end, including the session of this request.
    """
    await usecases.change_own_password(
        tx=tx,
        principal=principal,
        hasher=hasher,
        wrong_passwords=wrong_passwords,
        refusals=refusals,
        current_password=body.current_password.get_secret_value(),
        password=body.password.get_secret_value(),
    )


@router.get("/accounts", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_accounts(
    tx: Tx, _: Administrator, page: Paging, request: Request, response: Response, q: Search = None
) -> PageOut[AccountOut]:
    """List all accounts by name."""
    accounts = await usecases.list_accounts(tx=tx, q=q, page=page)
    return page_of(accounts, AccountOut.model_validate, request, response)


@router.post(
    "/accounts",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        Unauthenticated, Forbidden, SessionRequired, AccountTaken, Invalid, HashingBusy
    ),
)
async def create_account(
    hasher: Hasher,
    tx: Tx,
    administrator: SignedInAdministrator,
    default_quota: DefaultQuota,
    body: AccountCreate,
    response: Response,
) -> AccountOut:
    """Create an account."""
    account = await usecases.create_account(
        tx=tx,
        administrator=administrator,
        hasher=hasher,
        username=body.username,
        password=body.password.get_secret_value(),
        role=body.role,
        storage_quota_bytes=default_quota,
    )
    response.headers["Location"] = f"/api/v1/accounts/{account.username}"
    return AccountOut.model_validate(account)


@router.get("/accounts/{username}", responses=responses(Unauthenticated, Forbidden, NotFound))
async def get_account(tx: Tx, _: Administrator, username: str) -> AccountOut:
    """Return one account."""
    return AccountOut.model_validate(await usecases.get_account(tx=tx, username=username))


@router.patch(
    "/accounts/{username}",
    responses=responses(
        Unauthenticated,
        Forbidden,
        SessionRequired,
        NotFound,
        LastAdministrator,
        Invalid,
        HashingBusy,
    ),
)
async def change_account(
    hasher: Hasher, tx: Tx, administrator: SignedInAdministrator, username: str, body: AccountChange
) -> AccountOut:
    """Disable or enable an account, change its role or its quota, or set a new password."""
    account = await usecases.change_account(
        tx=tx,
        administrator=administrator,
        hasher=hasher,
        username=username,
        disabled=body.disabled,
        role=body.role,
        password=body.password.get_secret_value() if body.password else None,
        quota=body.quota,
    )
    return AccountOut.model_validate(account)
