"""Create, list, and change accounts."""

from collections.abc import Sequence
from dataclasses import replace

from libs.common.db.changes import SECRET, created
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.db.refusals import RefusalRecorder
from libs.common.security.passwords import PasswordHasher
from libs.common.security.principals import Principal
from services.catalog.accounts import queries
from services.catalog.accounts.domain import (
    Account,
    AccountTaken,
    LastAdministrator,
    NewQuota,
    Role,
    WrongPassword,
    leaves_no_administrator,
)
from services.catalog.accounts.throttle import WrongPasswords
from services.catalog.audit.usecases import record, record_operator
from services.catalog.quotas.queries import lock_storage
from services.catalog.quotas.usecases import get_use


async def ensure_first_admin(*, tx: Tx, username: str, password_hash: str) -> bool:
    """Create the administrator ``username`` unless it exists; return whether it is new."""
    account = await queries.insert_account(
        tx, username=username, password_hash=password_hash, role="admin"
    )
    return account is not None


async def create_admin_as_operator(*, tx: Tx, username: str, password_hash: str) -> Account:
    """Create an administrator from the command line.

    No permission is checked: the operator of the command line owns the database anyway.

    Raises:
        AccountTaken: the username is taken.
    """
    account = await queries.insert_account(
        tx, username=username, password_hash=password_hash, role="admin"
    )
    if account is None:
        raise AccountTaken(username)
    await record_operator(
        tx=tx,
        action="account.create",
        target=f"accounts/{username}",
        owner_id=account.id,
        changes=created(role=account.role),
    )
    return account


async def reset_password_as_operator(*, tx: Tx, username: str, password_hash: str) -> None:
    """Set a new password from the command line and enable the account.

    The account's sessions and API keys end.

    Raises:
        AccountNotFound: the account does not exist.
    """
    account = await queries.get_account(tx, username=username)
    changes = await queries.update_account(
        tx,
        account_id=account.id,
        disabled=False,
        password_hash=password_hash,
        ends_sessions=True,
    )
    await record_operator(
        tx=tx,
        action="account.change_password",
        target=f"accounts/{username}",
        owner_id=account.id,
        changes=changes,
    )


async def list_accounts(*, tx: Tx, q: str | None, page: PageRequest) -> Page[Account]:
    """Return a page of all accounts by name; ``q`` is a part of the name."""
    found = await queries.list_accounts(tx, q=q, page=page)
    return replace(found, items=await _with_use(tx, found.items))


async def get_account(*, tx: Tx, username: str) -> Account:
    """Return the account ``username`` with what it stores. Raises AccountNotFound."""
    (account,) = await _with_use(tx, [await queries.get_account(tx, username=username)])
    return account


async def _with_use(tx: Tx, accounts: Sequence[Account]) -> list[Account]:
    uses = await get_use(tx=tx, account_ids=[account.id for account in accounts])
    return [replace(account, use=uses[account.id]) for account in accounts]


async def create_account(
    *,
    tx: Tx,
    administrator: Principal,
    hasher: PasswordHasher,
    username: str,
    password: str,
    role: Role,
    storage_quota_bytes: int | None,
) -> Account:
    """Create an account with a quota. Raises AccountTaken."""
    password_hash = await hasher.hash(password)
    account = await queries.insert_account(
        tx,
        username=username,
        password_hash=password_hash,
        role=role,
        storage_quota_bytes=storage_quota_bytes,
    )
    if account is None:
        raise AccountTaken(username)
    await record(
        tx=tx,
        principal=administrator,
        action="account.create",
        target=f"accounts/{username}",
        owner_id=account.id,
        changes=created(role=role, storage_quota_bytes=storage_quota_bytes),
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
    quota: NewQuota | None,
) -> Account:
    """Change the values that are not None.

    A quota applies to each manifest that is admitted from then on. Pushes that are open count.

    A new password ends the account's sessions. Disabling the account ends its sessions and the
    logins of its Docker users.

    Raises:
        AccountNotFound: the account does not exist.
        LastAdministrator: no other administrator could sign in afterwards.
    """
    account = await queries.get_account(tx, username=username)
    if disabled is None and role is None and password is None and quota is None:
        return await get_account(tx=tx, username=username)
    password_hash = await hasher.hash(password) if password is not None else None
    if disabled or role == "member":
        administrators = await queries.lock_administrators(tx)
        if leaves_no_administrator(administrators, account.id):
            raise LastAdministrator(
                "The last administrator cannot be disabled or made a member. "
                "Make another account an administrator first."
            )
    if quota is not None:
        # The first push to a repository takes the locks in this order too.
        await queries.lock_account(tx, account_id=account.id)
        await lock_storage(tx, account_id=account.id)
    changes = await queries.update_account(
        tx,
        account_id=account.id,
        disabled=disabled,
        role=role,
        password_hash=password_hash,
        quota=quota,
        ends_sessions=bool(disabled) or password is not None,
    )
    if disabled:
        await queries.end_docker_user_logins(tx, account_id=account.id)
    if password is not None:
        changes["password"] = SECRET
    if changes:
        await record(
            tx=tx,
            principal=administrator,
            action="account.change",
            target=f"accounts/{username}",
            owner_id=account.id,
            changes=changes,
        )
    return await get_account(tx=tx, username=username)


async def change_own_password(
    *,
    tx: Tx,
    principal: Principal,
    hasher: PasswordHasher,
    wrong_passwords: WrongPasswords,
    refusals: RefusalRecorder,
    current_password: str,
    password: str,
) -> None:
    """Set a new password for the principal's account and end all its sessions.

    Raises:
        WrongPassword: ``current_password`` is not the account's password.
        PasswordThrottled: the account had too many wrong passwords.
    """
    wrong_passwords.begin(principal.account_id)
    current_hash = await queries.lock_password_hash(tx, username=principal.username)
    if not await hasher.verify(current_password, current_hash):
        refusals.record(
            action="account.refuse_password",
            target=f"accounts/{principal.username}",
            owner_id=principal.account_id,
            client_address=principal.client_address,
        )
        raise WrongPassword
    wrong_passwords.succeed(principal.account_id)
    password_hash = await hasher.hash(password)
    await queries.update_account(
        tx, account_id=principal.account_id, password_hash=password_hash, ends_sessions=True
    )
    await record(
        tx=tx,
        principal=principal,
        action="account.change_password",
        target=f"accounts/{principal.username}",
        owner_id=principal.account_id,
    )
