"""SQL of the lists of tags and repositories. Each page is read from an index in byte order."""

from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from services.catalog.oci.listings.domain import ListPage, PageRequest

# An array is faster than rows: the driver decodes one value.
_LIST_TAGS = sa.text("""
    SELECT ARRAY(
        SELECT t.name FROM catalog.tags t
        WHERE t.repository_id = r.id AND t.name COLLATE "C" > :last
          AND t.name <> ALL (ARRAY(
            SELECT unnest(i.tags) FROM catalog.intents i
            WHERE i.repository = :path AND i.resolved_at IS NULL
              AND i.kind IN ('delete_tag', 'delete_manifest') AND i.origin = catalog.origin()))
        ORDER BY t.name COLLATE "C" LIMIT :limit)
    FROM catalog.repositories r JOIN catalog.namespaces n ON n.id = r.namespace_id
    WHERE r.path = :path AND r.status <> 'deleting' AND NOT n.deleting
""").bindparams(sa.bindparam("limit", type_=sa.BigInteger, literal_execute=True))


async def find_tags(tx: Tx, *, repository: str, page: PageRequest) -> ListPage | None:
    """Return a page of tags, or None if the repository does not exist or is being deleted.

    Tags whose deletion is decided are left out.
    """
    values = {"path": repository, "last": page.last, "limit": page.limit + 1}
    found = (await tx.execute(_LIST_TAGS, values)).scalar_one_or_none()
    return None if found is None else _page(found, page)


def _page(found: list[Any], page: PageRequest) -> ListPage:
    return ListPage(found[: page.limit], is_last=len(found) <= page.limit)
