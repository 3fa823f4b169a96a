"""SQL of denials. Rows of one key add up; each write removes what exceeds the limits."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page
from services.auth.access.domain import Namespace
from services.auth.denials.domain import (
    KEPT_DAYS,
    MAX_PER_CLIENT,
    MAX_PER_NAMESPACE,
    Denial,
    Denied,
)
from services.auth.tables import denials
from services.auth.views import credentials, effective_access, namespace_owners

_d = denials.c
_KEY = (_d.namespace_id, _d.docker_user_id, _d.repository, _d.action, _d.rule)


async def add(tx: Tx, *, counts: Mapping[Denied, int], at: datetime) -> None:
    """Add ``counts`` of denials that happened at ``at``. Unknown namespaces have none."""
    keys = sorted(
        counts, key=lambda k: (k.namespace, k.docker_user_id, k.repository, k.action, k.rule)
    )
    new = (
        sa.func.unnest(
            sa.cast([key.namespace for key in keys], sa.ARRAY(sa.Text)),
            sa.cast([key.docker_user_id for key in keys], sa.ARRAY(sa.BigInteger)),
            sa.cast([key.repository for key in keys], sa.ARRAY(sa.Text)),
            sa.cast([key.action for key in keys], sa.ARRAY(sa.Text)),
            sa.cast([key.rule for key in keys], sa.ARRAY(sa.Text)),
            sa.cast([counts[key] for key in keys], sa.ARRAY(sa.BigInteger)),
        )
        .table_valued(
            "namespace", "docker_user_id", "repository", "action", "rule", "n", name="new"
        )
        .render_derived()
    )
    o = namespace_owners.c
    rows = (
        sa.select(
            o.namespace_id,
            new.c.docker_user_id,
            new.c.repository,
            new.c.action,
            new.c.rule,
            new.c.n,
            sa.literal(at, sa.TIMESTAMP(timezone=True)),
            sa.literal(at, sa.TIMESTAMP(timezone=True)),
        )
        .join_from(new, namespace_owners, o.namespace == new.c.namespace)
        # Two replicas lock rows in the same order.
        .order_by(o.namespace_id, new.c.docker_user_id, new.c.repository, new.c.action, new.c.rule)
    )
    names = [*(column.name for column in _KEY), "occurrences", "since", "last_at"]
    statement = insert(denials).from_select(names, rows)
    excluded = statement.excluded
    written = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=list(_KEY),
            set_={
                "occurrences": _d.occurrences + excluded.occurrences,
                "last_at": sa.func.greatest(_d.last_at, excluded.last_at),
            },
        ).returning(_d.namespace_id)
    )
    namespaces = sorted(set(written.scalars()))
    if namespaces:
        await _delete_excess(tx, namespaces)


async def _delete_excess(tx: Tx, namespaces: list[int]) -> None:
    newest = (_d.last_at.desc(), _d.repository, _d.action, _d.rule)
    ranked = (
        sa.select(
            *_KEY,
            sa.func.row_number()
            .over(partition_by=(_d.namespace_id, _d.docker_user_id), order_by=newest)
            .label("of_client"),
            sa.func.row_number()
            .over(partition_by=_d.namespace_id, order_by=(*newest, _d.docker_user_id))
            .label("of_namespace"),
        )
        .where(_d.namespace_id == sa.any_(sa.cast(namespaces, sa.ARRAY(sa.BigInteger))))
        .subquery("ranked")
    )
    excess = sa.or_(ranked.c.of_client > MAX_PER_CLIENT, ranked.c.of_namespace > MAX_PER_NAMESPACE)
    await tx.execute(
        denials.delete().where(
            *(column == ranked.c[column.name] for column in _KEY),
            excess,
        )
    )


async def list_page(
    tx: Tx, *, namespace: Namespace, sees_all: bool, page: PageRequest
) -> Page[Denial]:
    """Return the denials of the last seven days in ``namespace``, newest first.

    Docker users of other accounts without a grant have no name, unless ``sees_all``.
    """
    c, a = credentials.c, effective_access.c
    is_granted = sa.exists().where(
        a.namespace == namespace.name, a.docker_user_id == _d.docker_user_id
    )
    is_seen = sa.or_(sa.literal(sees_all), c.account_id == namespace.account_id, is_granted)
    client = sa.case(
        (_d.docker_user_id == 0, "anonymous"), (is_seen, "docker_user"), else_="other_account"
    )
    statement = (
        sa.select(
            client,
            sa.case((is_seen, c.username)),
            _d.repository,
            _d.action,
            _d.rule,
            _d.occurrences,
            _d.since,
            _d.last_at,
        )
        .outerjoin_from(
            denials,
            credentials,
            sa.and_(c.kind == "docker_user", c.id == _d.docker_user_id),
        )
        .where(_d.namespace_id == namespace.id, _d.last_at > _kept_since())
    )
    newest = Sort("-last_at", (_d.last_at, *_KEY[1:]))
    return await fetch_page(tx, statement, sort=newest, page=page, of=lambda row: Denial(*row[:8]))


def _kept_since() -> sa.ColumnElement[datetime]:
    return sa.func.now() - sa.literal(timedelta(days=KEPT_DAYS))


async def delete_ended(tx: Tx) -> None:
    """Delete old denials, and those of namespaces and Docker users that are gone."""
    await tx.execute(
        sa.text(
            "DELETE FROM auth.denials d"
            " WHERE d.last_at < now() - make_interval(days => :days)"
            " OR NOT EXISTS (SELECT FROM catalog.namespace_owners o"
            " WHERE o.namespace_id = d.namespace_id)"
            " OR d.docker_user_id <> 0 AND NOT EXISTS (SELECT FROM catalog.credentials c"
            " WHERE c.kind = 'docker_user' AND c.id = d.docker_user_id)"
        ),
        {"days": KEPT_DAYS},
    )
