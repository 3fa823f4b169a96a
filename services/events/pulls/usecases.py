"""Reports pulls over time."""

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, Invalid, NotFound
from services.events.pulls import queries
from services.events.pulls.domain import MAX_POINTS, OwnedRepository, PullFilter, Series


async def list_pulls(
    *, tx: Tx, principal: Principal, repository: str | None, pull_filter: PullFilter
) -> Series:
    """Return the pulls of ``repository``, or of all repositories of the principal's account.

    Without a repository, an administrator receives the pulls of every account. Raises NotFound if
    the principal cannot see the repository, Forbidden if it filters another account's repository
    by Docker user, and Invalid.
    """
    if pull_filter.is_empty_period:
        raise Invalid("to", "must be after from")
    if repository is None:
        account_id = None if principal.is_admin else principal.account_id
        points = await queries.list_points_of_account(
            tx, account_id=account_id, pull_filter=pull_filter
        )
    else:
        found = await _get_visible_repository(tx, principal, repository)
        if pull_filter.docker_user is not None and not found.is_owned_by(principal):
            raise Forbidden(
                "Only the owner of a repository can filter its pulls by Docker user. "
                "Remove `docker_user`."
            )
        points = await queries.list_points(tx, repository=found.path, pull_filter=pull_filter)
    if len(points) > MAX_POINTS:
        raise Invalid(
            "interval",
            f"results in more than {MAX_POINTS} points. Choose `day`, or a shorter period.",
        )
    return Series(points)


async def _get_visible_repository(tx: Tx, principal: Principal, repository: str) -> OwnedRepository:
    """Return the repository, if it is the principal's own, public, or shared with it (spec 2.10).

    Raises the same NotFound for a hidden repository as for one that does not exist.
    """
    parts = split_repository(repository)
    found = await queries.find_repository(tx, namespace=parts[0], name=parts[1]) if parts else None
    if found is None or not (
        found.is_owned_by(principal)
        or found.public
        or await queries.is_shared_with(
            tx, namespace=found.namespace, account_id=principal.account_id
        )
    ):
        raise NotFound(f"There is no repository {repository!r}.")
    return found
