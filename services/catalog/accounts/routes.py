"""`/account` for everyone, `/accounts` for administrators."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.authentication import (
    Administrator,
    Authenticated,
    SessionRequired,
    SignedIn,
    SignedInAdministrator,
)
from libs.common.web.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.fields import Search
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from libs.common.web.provided import provided
from services.catalog.accounts import usecases
from services.catalog.accounts.domain import AccountTaken, LastAdministrator, WrongPassword
from services.catalog.accounts.hashing import Hasher, HashingBusy
from services.catalog.accounts.schemas import (
    AccountChange,
    AccountCreate,
    AccountOut,
    OwnAccountOut,
    OwnPasswordChange,
)
from services.catalog.accounts.throttle import PasswordThrottled, WrongPasswords

router = APIRouter(tags=["accounts"])


@router.get("/account", responses=responses(Unauthenticated))
async def get_own_account(tx: Tx, principal: Authenticated) -> OwnAccountOut:
    """The account that is signed in."""
    return OwnAccountOut.of(await usecases.get_own_account(tx=tx, principal=principal))


@router.put(
    "/account/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated, SessionRequired, WrongPassword, PasswordThrottled, Invalid, HashingBusy
    ),
)
async def change_own_password(
    hasher: Hasher, tx: Tx, principal: SignedIn, body: OwnPasswordChange, request: Request
) -> None:
    """Change the password of the account that is signed in. All its sessions end, this one too."""
    await usecases.change_own_password(
        tx=tx,
        principal=principal,
        hasher=hasher,
        wrong_passwords=provided(WrongPasswords)(request),
        current_password=body.current_password.get_secret_value(),
        password=body.password.get_secret_value(),
    )


@router.get("/accounts", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_accounts(
    tx: Tx, _: Administrator, page: Paging, request: Request, response: Response, q: Search = None
) -> Page[AccountOut]:
    """All accounts, by name."""
    return page_of(
        await usecases.list_accounts(tx=tx, q=q, page=page), AccountOut.of, request, response
    )


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
    body: AccountCreate,
    response: Response,
) -> AccountOut:
    """Make an account."""
    account = await usecases.create_account(
        tx=tx,
        administrator=administrator,
        hasher=hasher,
        username=body.username,
        password=body.password.get_secret_value(),
        role=body.role,
    )
    response.headers["Location"] = f"/api/v1/accounts/{account.username}"
    return AccountOut.of(account)


@router.get("/accounts/{username}", responses=responses(Unauthenticated, Forbidden, NotFound))
async def get_account(tx: Tx, _: Administrator, username: str) -> AccountOut:
    """One account."""
    return AccountOut.of(await usecases.get_account(tx=tx, username=username))


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
    """Disable or enable an account, change its role, or give it a new password."""
    account = await usecases.change_account(
        tx=tx,
        administrator=administrator,
        hasher=hasher,
        username=username,
        disabled=body.disabled,
        role=body.role,
        password=body.password.get_secret_value() if body.password else None,
    )
    return AccountOut.of(account)
