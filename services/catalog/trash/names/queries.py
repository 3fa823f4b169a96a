"""SQL that writes a deleted namespace or repository again."""

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.tables import (
    deletions,
    docker_users,
    namespaces,
    repositories,
    trash,
    trash_grants,
    trash_repositories,
)

_e, _r, _d, _n = trash.c, trash_repositories.c, deletions.c, namespaces.c


async def list_paths(tx: Tx, *, entry_id: int) -> list[str]:
    """Return the paths of the repositories of the entry that do not exist yet."""
    statement = sa.select(_r.path).where(_r.entry_id == entry_id).order_by(_r.path)
    return list((await tx.execute(statement)).scalars())


async def has_namespace_to_restore(tx: Tx, *, entry_id: int) -> bool:
    """Return whether the namespace of the entry has not been restored."""
    statement = sa.select(sa.exists().where(_e.id == entry_id, _e.visibility.is_not(None)))
    return bool((await tx.execute(statement)).scalar_one())


async def find_namespace(tx: Tx, *, name: str, owner_id: int) -> bool:
    """Lock the namespace; return False unless the account has it and it is not being deleted."""
    statement = sa.select(_n.id).where(_n.name == name, _n.account_id == owner_id, ~_n.deleting)
    statement = statement.with_for_update(key_share=True, read=True)
    return (await tx.execute(statement)).one_or_none() is not None


async def namespace_exists(tx: Tx, *, name: str) -> bool:
    """Return whether any account has a namespace of this name."""
    return bool((await tx.execute(sa.select(sa.exists().where(_n.name == name)))).scalar_one())


async def list_taken(tx: Tx, *, entry_id: int) -> list[str]:
    """Return those repositories of the entry whose path is taken."""
    statement = (
        sa.select(_r.path)
        .join(repositories, repositories.c.path == _r.path)
        .where(_r.entry_id == entry_id)
        .order_by(_r.path)
    )
    return list((await tx.execute(statement)).scalars())


def _names(entry_id: int) -> sa.ColumnElement[bool]:
    """Return whether a deletion is that of the namespace of an entry, or of its repositories."""
    paths = sa.select(_r.path).where(_r.entry_id == entry_id)
    name = sa.select(_e.path).where(_e.id == entry_id).scalar_subquery()
    kind = sa.select(_e.kind).where(_e.id == entry_id).scalar_subquery()
    return sa.or_(
        sa.and_(_d.kind == "repository", _d.name.in_(paths)),
        sa.and_(_d.kind == "namespace", kind == "namespace", _d.name == name),
    )


async def has_running_deletion(tx: Tx, *, entry_id: int) -> bool:
    """Return whether the worker may be deleting something under a name of the entry."""
    is_running = sa.or_(_d.removed_at.is_(None), _d.emptied_until > sa.func.clock_timestamp())
    rows = sa.select(_d.id, is_running.label("is_running")).where(_names(entry_id))
    # The lock waits for a worker that marks the deletion at this time.
    return any(row.is_running for row in await tx.execute(rows.with_for_update()))


async def delete_deletions(tx: Tx, *, entry_id: int) -> None:
    """End the deletions of the names of the entry: tokens are issued for them again."""
    await tx.execute(sa.delete(deletions).where(_names(entry_id)))


_RESERVATIONS = sa.text("""
    WITH given AS (
      SELECT 'repository' AS kind, path AS name, generation FROM catalog.trash_repositories
      WHERE entry_id = :entry_id
      UNION ALL
      SELECT 'namespace', path, NULL FROM catalog.trash WHERE id = :entry_id AND kind = 'namespace'
    ), earlier AS (
      UPDATE catalog.reserved_names r SET available_at = g.generation FROM given g
      WHERE (r.kind, r.name) = (g.kind, g.name) AND g.generation IS NOT NULL)
    DELETE FROM catalog.reserved_names r USING given g
    WHERE (r.kind, r.name) = (g.kind, g.name) AND g.generation IS NULL
""")


async def reset_reservations(tx: Tx, *, entry_id: int) -> None:
    """Set the reservations of the names to what they were before the deletion.

    The pulls since then count again: they belong to the same generation of the name.
    """
    await tx.execute(_RESERVATIONS, {"entry_id": entry_id})


_NAMESPACE = sa.text("""
    INSERT INTO catalog.namespaces (account_id, name, visibility, description, created_at)
    SELECT owner_id, path, visibility, description, created_at FROM catalog.trash
    WHERE id = :entry_id
    ON CONFLICT DO NOTHING RETURNING id
""")
_GRANTS = sa.text("""
    WITH present AS (
      DELETE FROM catalog.trash_grants g USING catalog.docker_users u
      WHERE g.entry_id = :entry_id AND u.id = g.docker_user_id
      RETURNING g.*),
    restored AS (
      INSERT INTO catalog.grants
        (namespace_id, docker_user_id, permission, created_at, updated_at)
      SELECT :namespace_id, docker_user_id, permission, created_at, updated_at FROM present)
    INSERT INTO catalog.hidden_grants (docker_user_id, namespace_id)
    SELECT docker_user_id, :namespace_id FROM present WHERE is_hidden
""")
_REPOSITORIES = sa.text("""
    WITH of AS (
      DELETE FROM catalog.trash_repositories WHERE entry_id = :entry_id RETURNING *)
    INSERT INTO catalog.repositories
      (namespace_id, name, description, created_at, last_pushed_at)
    SELECT n.id, substr(of.path, length(n.name) + 2), of.description, of.created_at,
           of.last_pushed_at
    FROM of JOIN catalog.namespaces n ON n.name = split_part(of.path, '/', 1)
    ORDER BY of.path
""")


async def write_namespace(tx: Tx, *, entry_id: int) -> bool:
    """Write the namespace with the grants of the Docker users that exist.

    Return False if the name is taken.
    """
    id_ = (await tx.execute(_NAMESPACE, {"entry_id": entry_id})).scalar_one_or_none()
    if id_ is None:
        return False
    # A Docker user must not be deleted between the two.
    users = sa.select(docker_users.c.id).join(
        trash_grants, trash_grants.c.docker_user_id == docker_users.c.id
    )
    users = users.where(trash_grants.c.entry_id == entry_id).order_by(docker_users.c.id)
    await tx.execute(users.with_for_update(key_share=True, read=True, of=docker_users))
    await tx.execute(_GRANTS, {"entry_id": entry_id, "namespace_id": id_})
    await tx.execute(sa.update(trash).where(_e.id == entry_id).values(visibility=None))
    return True


async def write_repositories(tx: Tx, *, entry_id: int) -> None:
    """Write the repositories, without their images."""
    await tx.execute(_REPOSITORIES, {"entry_id": entry_id})


async def list_vanished(tx: Tx, *, entry_id: int) -> list[str]:
    """Return the Docker users whose grants could not be restored."""
    g = trash_grants.c
    statement = sa.select(g.docker_user).where(g.entry_id == entry_id).order_by(g.docker_user)
    return list((await tx.execute(statement)).scalars())
