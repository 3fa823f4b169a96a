"""The password hasher as a route's parameter: one bounded pool for the process; when it is full the answer is a 503."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common import problems
from libs.common.errors import Unavailable
from libs.common.passwords import PasswordHasher


class HashingBusy(Unavailable):
    code, title = "hashing_busy", "Too many passwords wait to be hashed"


def _hasher(request: Request) -> PasswordHasher:
    hasher: PasswordHasher = request.app.state.hasher
    return hasher


async def tell_busy(_: Request, __: Exception) -> Response:
    """Handles ``libs.common.passwords.Busy``."""
    return problems.of_error(HashingBusy())


Hasher = Annotated[PasswordHasher, Depends(_hasher)]
