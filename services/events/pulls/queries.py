"""SQL of pulls over time, and of who can see them. The catalog publishes owners in views."""

from datetime import UTC

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.pulls.domain import MAX_POINTS, Point, PullFilter, Repository

_catalog = sa.MetaData(schema="catalog")
_owners = sa.Table(
    "repository_owners",
    _catalog,
    sa.Column("repository", sa.Text),
    sa.Column("namespace", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("visibility", sa.Text),
)
_viewers = sa.Table(
    "namespace_viewers",
    _catalog,
    sa.Column("namespace", sa.Text),
    sa.Column("account_id", sa.BigInteger),
)
_totals = sa.Table(
    "pull_totals",
    sa.MetaData(schema="events"),
    sa.Column("repository", sa.Text),
    sa.Column("tag", sa.Text),
    sa.Column("docker_user", sa.Text),
    sa.Column("hour", sa.TIMESTAMP(timezone=True)),
    sa.Column("pulls", sa.BigInteger),
    sa.Column("checks", sa.BigInteger),
)


async def find_repository(tx: Tx, *, namespace: str, name: str) -> Repository | None:
    """Return the repository ``namespace/name`` and its owner, or None."""
    statement = sa.select(_owners).where(_owners.c.namespace == namespace, _owners.c.name == name)
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        return None
    return Repository(row.repository, row.namespace, row.account_id, row.visibility == "public")


async def is_shared_with(tx: Tx, *, namespace: str, account_id: int) -> bool:
    """Return whether a Docker user of the account has a grant in ``namespace``."""
    statement = sa.select(_viewers.c.account_id).where(
        _viewers.c.namespace == namespace, _viewers.c.account_id == account_id
    )
    return (await tx.execute(statement)).first() is not None


async def list_points(tx: Tx, *, repository: str, pull_filter: PullFilter) -> list[Point]:
    """Return the points of one repository, at most ``MAX_POINTS`` + 1."""
    return await _list_points(tx, _totals.c.repository == repository, pull_filter)


async def list_points_of_account(
    tx: Tx, *, account_id: int | None, pull_filter: PullFilter
) -> list[Point]:
    """Return the points of an account's repositories together, at most ``MAX_POINTS`` + 1.

    None stands for every account.
    """
    repositories = sa.select(_owners.c.repository)
    if account_id is not None:
        repositories = repositories.where(_owners.c.account_id == account_id)
    return await _list_points(tx, _totals.c.repository.in_(repositories), pull_filter)


async def _list_points(
    tx: Tx, repositories: sa.ColumnElement[bool], pull_filter: PullFilter
) -> list[Point]:
    at = sa.func.date_trunc(pull_filter.interval, _totals.c.hour, "UTC").label("at")
    pulls, checks = sa.func.sum(_totals.c.pulls), sa.func.sum(_totals.c.checks)
    statement = (
        sa.select(at, pulls.label("pulls"), checks.label("checks"))
        .where(repositories, *_conditions(pull_filter))
        .group_by(sa.literal_column("1"))
        .having(sa.or_(pulls != 0, checks != 0))
        .order_by(sa.literal_column("1"))
        .limit(MAX_POINTS + 1)
    )
    return [
        Point(row.at.astimezone(UTC), int(row.pulls), int(row.checks))
        for row in await tx.execute(statement)
    ]


def _conditions(pull_filter: PullFilter) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if pull_filter.tag is not None:
        conditions.append(_totals.c.tag == pull_filter.tag)
    if pull_filter.docker_user is not None:
        conditions.append(_totals.c.docker_user == pull_filter.docker_user)
    if pull_filter.first_hour is not None:
        conditions.append(_totals.c.hour >= pull_filter.first_hour)
    if pull_filter.end is not None:
        conditions.append(_totals.c.hour < pull_filter.end.astimezone(UTC))
    return conditions
