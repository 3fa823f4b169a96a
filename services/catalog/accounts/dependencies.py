"""The password hasher and the limits of accounts as parameters of a route."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.refusals import RefusalRecorder
from libs.common.security.fair_queue import FairQueue, QueueFull
from libs.common.security.passwords import PasswordHasher
from libs.common.web.authentication import client_address
from libs.common.web.provided import provided
from services.catalog.accounts.domain import AccountLimits, HashingBusy
from services.catalog.accounts.throttle import WrongPasswords
from services.catalog.settings import Settings

_MAX_WAITING = 64


def hashing_queue(hasher: PasswordHasher) -> FairQueue:
    """Return the queue of the requests that hash a password with ``hasher``.

    A request holds a database connection while its password is hashed. If the queue admitted all of
    them, a burst would hold every connection, and each list would wait for the hashes. One request
    more than ``hasher`` has threads keeps the threads busy while another waits for the database.
    """
    return FairQueue(concurrency=hasher.threads + 1, per_source=_MAX_WAITING, total=_MAX_WAITING)


async def _hasher(
    request: Request,
    hasher: Annotated[PasswordHasher, Depends(provided(PasswordHasher))],
    queue: Annotated[FairQueue, Depends(provided(FairQueue))],
) -> AsyncIterator[PasswordHasher]:
    try:
        async with queue.slot(client_address(request)):
            yield hasher
    except QueueFull:
        raise HashingBusy from None


Hasher = Annotated[PasswordHasher, Depends(_hasher, scope="function")]
"""A route's first parameter: the hasher, once the queue admits the request.

FastAPI resolves parameters in their order, so a request must wait here before it takes a database
connection.
"""

Refusals = Annotated[RefusalRecorder, Depends(provided(RefusalRecorder))]
"""A route's parameter: audits refused credentials."""

PasswordThrottle = Annotated[WrongPasswords, Depends(provided(WrongPasswords))]
"""A route's parameter: limits the wrong current passwords of an account."""


def _limits(settings: Annotated[Settings, Depends(provided(Settings))]) -> AccountLimits:
    return AccountLimits(
        namespaces=settings.max_namespaces,
        docker_users=settings.max_docker_users,
        repositories=settings.max_repositories,
    )


def _default_quota(settings: Annotated[Settings, Depends(provided(Settings))]) -> int | None:
    return settings.default_quota_bytes


DefaultQuota = Annotated[int | None, Depends(_default_quota)]
"""A route's parameter: the quota of a new account, in bytes; None: no quota."""

Limits = Annotated[AccountLimits, Depends(_limits)]
"""A route's parameter: how many objects of each kind an account can have."""
