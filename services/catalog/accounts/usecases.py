"""What is done with accounts."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.names import is_username
from libs.common.security.passwords import PasswordHasher
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.catalog.accounts import queries
from services.catalog.accounts.domain import (
    Account,
    AccountTaken,
    LastAdministrator,
    Role,
    WrongPassword,
)
from services.catalog.accounts.throttle import WrongPasswords
from services.catalog.audit.usecases import record, record_operator


async def ensure_first_admin(*, tx: Tx, username: str, password_hash: str) -> bool:
    """Make the administrator ``username`` unless there is an account of that name; returns whether it was made."""
    return (
        await queries.insert_account(
            tx, username=username, password_hash=password_hash, role="admin"
        )
        is not None
    )


async def create_admin_as_operator(*, tx: Tx, username: str, password_hash: str) -> Account:
    """Make an administrator from the command line, where whoever can run it owns the database anyway. Raises AccountTaken."""
    account = await queries.insert_account(
        tx, username=username, password_hash=password_hash, role="admin"
    )
    if account is None:
        raise AccountTaken(f"There is an account {username!r}")
    await record_operator(tx=tx, action="account.create", target=f"accounts/{username}")
    return account


async def reset_password_as_operator(*, tx: Tx, username: str, password_hash: str) -> None:
    """Give an account a new password from the command line, and enable it; its sessions and API keys end. Raises NotFound."""
    account = await get_account(tx=tx, username=username)
    await queries.update_account(
        tx, account_id=account.id, disabled=False, password_hash=password_hash, ends_sessions=True
    )
    await record_operator(tx=tx, action="account.change_password", target=f"accounts/{username}")


async def get_own_account(*, tx: Tx, principal: Principal) -> Account:
    """The account that is signed in."""
    return await queries.get_account(tx, account_id=principal.account_id)


async def list_accounts(*, tx: Tx, q: str | None, page: PageRequest) -> Page[Account]:
    """All accounts; for administrators."""
    return await queries.list_accounts(tx, q=q, page=page)


async def get_account(*, tx: Tx, username: str) -> Account:
    """The account ``username``; for administrators. Raises NotFound."""
    account = await queries.find_account(tx, username=username) if is_username(username) else None
    if account is None:
        raise NotFound(f"There is no account {username!r}")
    return account


async def create_account(
    *,
    tx: Tx,
    administrator: Principal,
    hasher: PasswordHasher,
    username: str,
    password: str,
    role: Role,
) -> Account:
    """Make an account. Raises AccountTaken."""
    password_hash = await hasher.hash(password)
    account = await queries.insert_account(
        tx, username=username, password_hash=password_hash, role=role
    )
    if account is None:
        raise AccountTaken(f"There is an account {username!r}")
    await record(
        tx=tx, principal=administrator, action="account.create", target=f"accounts/{username}"
    )
    return account


async def change_account(
    *,
    tx: Tx,
    administrator: Principal,
    hasher: PasswordHasher,
    username: str,
    disabled: bool | None,
    role: Role | None,
    password: str | None,
) -> Account:
    """Change what is not None. A new password, and disabling, end the account's sessions; disabling also its Docker users' logins.

    Raises NotFound, LastAdministrator.
    """
    account = await get_account(tx=tx, username=username)
    if disabled is None and role is None and password is None:
        return account
    password_hash = await hasher.hash(password) if password is not None else None
    if disabled or role == "member":
        administrators = await queries.lock_administrators(tx)
        if administrators == [account.id]:
            raise LastAdministrator
    changed = await queries.update_account(
        tx,
        account_id=account.id,
        disabled=disabled,
        role=role,
        password_hash=password_hash,
        ends_sessions=bool(disabled) or password is not None,
    )
    if disabled:
        await queries.end_docker_user_logins(tx, account_id=account.id)
    await record(
        tx=tx, principal=administrator, action="account.change", target=f"accounts/{username}"
    )
    return changed


async def change_own_password(
    *,
    tx: Tx,
    principal: Principal,
    hasher: PasswordHasher,
    wrong_passwords: WrongPasswords,
    current_password: str,
    password: str,
) -> None:
    """Give the account that is signed in a new password; every session of it ends. Raises WrongPassword, PasswordThrottled."""
    wrong_passwords.begin(principal.account_id)
    current_hash = await queries.lock_password_hash(tx, account_id=principal.account_id)
    if not await hasher.verify(current_password, current_hash):
        raise WrongPassword
    wrong_passwords.right(principal.account_id)
    password_hash = await hasher.hash(password)
    await queries.update_account(
        tx, account_id=principal.account_id, password_hash=password_hash, ends_sessions=True
    )
    await record(
        tx=tx,
        principal=principal,
        action="account.change_password",
        target=f"accounts/{principal.username}",
    )
