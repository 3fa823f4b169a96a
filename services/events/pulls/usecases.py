"""Reports pulls over time."""

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from libs.common.security.principals import Principal
from libs.common.web.errors import Invalid
from services.events.pulls import queries
from services.events.pulls.domain import (
    MAX_POINTS,
    PullFilter,
    PullsReader,
    Series,
    repository_not_found,
)


async def get_pulls_reader(*, tx: Tx, principal: Principal, repository: str | None) -> PullsReader:
    """Return ``principal`` with the repository whose pulls it can read.

    Raises NotFound.
    """
    if repository is None:
        return PullsReader(principal, None)
    parts = split_repository(repository)
    found = await queries.find_repository(tx, namespace=parts[0], name=parts[1]) if parts else None
    if found is None:
        raise repository_not_found(repository)
    is_shared = await queries.is_shared_with(
        tx, namespace=found.namespace, account_id=principal.account_id
    )
    return PullsReader(principal, found, is_shared)


async def list_pulls(*, tx: Tx, reader: PullsReader, pull_filter: PullFilter) -> Series:
    """Return the pulls of the reader's repository, or of all its repositories.

    Raises:
        Forbidden: the reader filters another account's repository by Docker user.
        Invalid: the period is empty, or has too many points.
    """
    if pull_filter.is_empty_period:
        raise Invalid("to", "must be after from")
    reader.check(pull_filter)
    if reader.repository is None:
        points = await queries.list_points_of_account(
            tx, account_id=reader.account_id, pull_filter=pull_filter
        )
    else:
        points = await queries.list_points(
            tx, repository=reader.repository.path, pull_filter=pull_filter
        )
    if len(points) > MAX_POINTS:
        raise Invalid(
            "interval",
            f"results in more than {MAX_POINTS} points. Choose `day`, or a shorter period.",
        )
    return Series(points)
