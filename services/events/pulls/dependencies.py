"""The permission to read pulls, as a route's parameter."""

from typing import Annotated

from fastapi import Depends, Query

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from services.events.pulls import usecases
from services.events.pulls.domain import PullsReader


async def _pulls_reader(
    tx: Tx,
    principal: Authenticated,
    repository: Annotated[
        str | None,
        Query(
            max_length=255,
            description="`namespace/name`. Without it, all repositories of the account.",
        ),
    ] = None,
) -> PullsReader:
    return await usecases.get_pulls_reader(tx=tx, principal=principal, repository=repository)


ReadablePulls = Annotated[PullsReader, Depends(_pulls_reader)]
"""A route's parameter: the repository to report, which the principal can see (else 404)."""
