"""SQL of what a restore finds in the repository and in the trash."""

from collections.abc import Collection

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.registry.client import Fetched
from services.catalog.tables import manifests, repositories, tags, trash, trash_manifests
from services.catalog.trash.restoring.domain import Content

_e, _m = trash.c, trash_manifests.c


async def find_repository(tx: Tx, *, path: str, owner_id: int) -> int | None:
    """Return the id of the repository if the account has it and it is not being deleted."""
    r = repositories.c
    statement = sa.select(r.id).where(
        r.path == path, r.account_id == owner_id, r.status != "deleting"
    )
    id_: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return id_


async def list_other_tags(
    tx: Tx, *, repository_id: int, names: Collection[str], digest: str
) -> list[str]:
    """Return those of the tags ``names`` that exist and name another digest."""
    t = tags.c
    statement = sa.select(t.name).where(
        t.repository_id == repository_id, t.name.in_(names), t.digest != digest
    )
    return list((await tx.execute(statement.order_by(t.name))).scalars())


async def list_existing(tx: Tx, *, repository_id: int, digests: Collection[str]) -> set[str]:
    """Return those of the manifests that the repository has."""
    c = manifests.c
    statement = sa.select(c.digest).where(c.repository_id == repository_id, c.digest.in_(digests))
    return set((await tx.execute(statement)).scalars())


async def list_trashed(
    tx: Tx, *, owner_id: int, repository: str, digests: Collection[str]
) -> list[str]:
    """Return those of the manifests that are in the trash."""
    statement = (
        sa.select(_m.digest)
        .distinct()
        .join(trash, _e.id == _m.entry_id)
        .where(_m.repository == repository, _m.digest.in_(digests), _e.owner_id == owner_id)
    )
    return list((await tx.execute(statement.order_by(_m.digest))).scalars())


_CONTENT = sa.text("""
    SELECT m.media_type, m.content, m.children,
           m.other_digests
             || ARRAY(SELECT blob ->> 0 FROM jsonb_array_elements(m.blobs) AS blob) AS needs
    FROM catalog.trash_manifests m JOIN catalog.trash e ON e.id = m.entry_id
    WHERE m.repository = :repository AND m.digest = :digest AND e.owner_id = :owner_id
      AND m.content IS NOT NULL
    LIMIT 1
""")


async def find_content(tx: Tx, *, owner_id: int, repository: str, digest: str) -> Content | None:
    """Return a manifest of whatever entry of the account.

    The tag of an image is in another entry than the image, if it was deleted before it.
    """
    values = {"owner_id": owner_id, "repository": repository, "digest": digest}
    row = (await tx.execute(_CONTENT, values)).one_or_none()
    if row is None:
        return None
    children = frozenset(row.children)
    return Content(Fetched(row.media_type, row.content), children, children | set(row.needs))
