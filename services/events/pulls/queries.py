"""SQL of pulls over time, and of who may see them: the catalog publishes that in views."""

from datetime import UTC
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.events.pulls.domain import MAX_POINTS, Owner, Point, Wanted

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
    *(sa.Column(name, sa.Text) for name in ("repository", "tag", "docker_user")),
    *(sa.Column(name, sa.BigInteger) for name in ("pulls", "checks")),
    sa.Column("hour", sa.TIMESTAMP(timezone=True)),
)
_h = _totals.c


async def find_owner(tx: Tx, *, namespace: str, name: str) -> Owner | None:
    """Whose the repository is."""
    statement = sa.select(_owners).where(_owners.c.namespace == namespace, _owners.c.name == name)
    row = (await tx.execute(statement)).one_or_none()
    return (
        None
        if row is None
        else Owner(row.repository, row.namespace, row.account_id, row.visibility == "public")
    )


async def is_shared_with(tx: Tx, *, namespace: str, account_id: int) -> bool:
    """Whether something in ``namespace`` is granted to a Docker user of the account."""
    found = sa.select(_viewers.c.account_id).where(
        _viewers.c.namespace == namespace, _viewers.c.account_id == account_id
    )
    return (await tx.execute(found)).first() is not None


async def list_points(tx: Tx, *, repository: str, wanted: Wanted) -> list[Point]:
    """Points of one repository, at most one more than may be shown."""
    return await _points(tx, _h.repository == repository, wanted)


async def list_points_of_account(tx: Tx, *, account_id: int | None, wanted: Wanted) -> list[Point]:
    """Points of all repositories of an account together; None: of everyone's."""
    repositories = sa.select(_owners.c.repository)
    if account_id is not None:
        repositories = repositories.where(_owners.c.account_id == account_id)
    return await _points(tx, _h.repository.in_(repositories), wanted)


async def _points(tx: Tx, of: sa.ColumnElement[bool], wanted: Wanted) -> list[Point]:
    at = sa.func.date_trunc(wanted.interval, _h.hour, "UTC").label("at")
    pulls, checks = sa.func.sum(_h.pulls), sa.func.sum(_h.checks)
    statement = (
        sa.select(at, pulls.label("pulls"), checks.label("checks"))
        .where(of, *_conditions(wanted))
        .group_by(sa.literal_column("1"))
        .having(sa.or_(pulls != 0, checks != 0))
        .order_by(sa.literal_column("1"))
        .limit(MAX_POINTS + 1)
    )
    return [
        Point(row.at.astimezone(UTC), int(row.pulls), int(row.checks))
        for row in await tx.execute(statement)
    ]


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    if wanted.tag is not None:
        conditions.append(_h.tag == wanted.tag)
    if wanted.docker_user is not None:
        conditions.append(_h.docker_user == wanted.docker_user)
    if wanted.start is not None:
        conditions.append(
            _h.hour >= wanted.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        )
    if wanted.end is not None:
        conditions.append(_h.hour < wanted.end.astimezone(UTC))
    return conditions
