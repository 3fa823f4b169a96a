"""Look at pulls over time."""

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from libs.common.security.principals import Principal
from libs.common.web.errors import Forbidden, Invalid, NotFound
from services.events.pulls import queries
from services.events.pulls.domain import MAX_POINTS, Owner, Series, Wanted


async def list_pulls(
    *, tx: Tx, principal: Principal, repository: str | None, wanted: Wanted
) -> Series:
    """Pulls of ``repository``, or of all repositories of the account (an administrator: of everyone's).

    Raises NotFound for a repository that ``principal`` may not look at, Forbidden when it asks who pulled another account's, Invalid.
    """
    if wanted.start is not None and wanted.end is not None and wanted.end <= wanted.start:
        raise Invalid("to", "must be after from")
    if repository is None:
        account_id = None if principal.is_admin else principal.account_id
        points = await queries.list_points_of_account(tx, account_id=account_id, wanted=wanted)
    else:
        owner = await _get_visible(tx, principal, repository)
        if wanted.docker_user is not None and not _owns(principal, owner):
            raise Forbidden("Only the owner of a repository may ask who pulled from it")
        points = await queries.list_points(tx, repository=owner.repository, wanted=wanted)
    if len(points) > MAX_POINTS:
        raise Invalid(
            "interval", f"gives more than {MAX_POINTS} points: choose day, or a shorter time"
        )
    return Series(points)


async def _get_visible(tx: Tx, principal: Principal, repository: str) -> Owner:
    """Own, public, or shared (spec 2.10); all else is as if it did not exist."""
    parts = split_repository(repository)
    owner = await queries.find_owner(tx, namespace=parts[0], name=parts[1]) if parts else None
    if owner is None or not (
        _owns(principal, owner)
        or owner.public
        or await queries.is_shared_with(
            tx, namespace=owner.namespace, account_id=principal.account_id
        )
    ):
        raise NotFound(f"There is no repository {repository!r}")
    return owner


def _owns(principal: Principal, owner: Owner) -> bool:
    return principal.is_admin or principal.account_id == owner.account_id
