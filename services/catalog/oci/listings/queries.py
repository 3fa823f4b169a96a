"""SQL of the lists of tags and repositories. Each page is read from an index in byte order."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pool import Connection
from services.catalog.oci.listings.domain import ListPage, PageRequest, TagPage, tag_page

# The database encodes the array, so that nothing decodes the tags. The statement is asyncpg's own:
# SQLAlchemy takes as long as the statement itself.
_LIST_TAGS = """
    WITH decided AS MATERIALIZED (
        SELECT unnest(i.tags) AS tag FROM catalog.intents i
        WHERE i.repository = $1 AND i.resolved_at IS NULL
          AND i.kind IN ('delete_tag', 'delete_manifest') AND i.origin = catalog.origin())
    SELECT CASE WHEN NOT EXISTS (SELECT FROM decided) THEN r.tags_version END,
           CASE WHEN r.tags_version IS DISTINCT FROM $4 OR EXISTS (SELECT FROM decided) THEN
             array_to_json(ARRAY(
               SELECT t.name FROM catalog.tags t
               WHERE t.repository_id = r.id AND t.name COLLATE "C" > $2
                 AND t.name NOT IN (SELECT tag FROM decided)
               ORDER BY t.name COLLATE "C" LIMIT $3))::text
           END
    FROM catalog.repositories r
    WHERE r.path = $1 AND r.status <> 'deleting'
      AND NOT (SELECT n.deleting FROM catalog.namespaces n WHERE n.id = r.namespace_id)
"""


@dataclass(frozen=True, slots=True)
class FoundTags:
    """A page of tags, or None if the set of tags has the version that the caller knows.

    ``version`` is None while tags are left out.
    """

    version: uuid.UUID | None
    page: TagPage | None


async def find_tags(
    connection: Connection, *, repository: str, page: PageRequest, known: uuid.UUID | None
) -> FoundTags | None:
    """Return a page of tags, or None if the repository does not exist or is being deleted.

    Tags whose deletion is decided are left out. ``known`` is the version of the page that the
    caller has already.
    """
    row = await connection.fetchrow(_LIST_TAGS, repository, page.last, page.limit + 1, known)
    if row is None:
        return None
    version, encoded = row
    return FoundTags(version, None if encoded is None else tag_page(encoded, limit=page.limit))


_FIND_READER = sa.text("""
    SELECT u.id FROM catalog.docker_users u JOIN catalog.accounts a ON a.id = u.account_id
    WHERE u.username = :username AND NOT u.disabled AND NOT a.disabled
""")

_LIST_REPOSITORIES = sa.text("""
    SELECT ARRAY(
        SELECT listed.path FROM catalog.list_readable_repositories(
            CAST(:reader AS bigint), :last, CAST(:limit AS bigint)
        ) WITH ORDINALITY AS listed (path, position)
        ORDER BY listed.position)
""")


async def find_reader(tx: Tx, *, username: str) -> int | None:
    """Return the id of a Docker user that may log in, or None."""
    return (await tx.execute(_FIND_READER, {"username": username})).scalar_one_or_none()


async def list_repositories(tx: Tx, *, reader: int | None, page: PageRequest) -> ListPage:
    """Return a page of the paths of the repositories that a Docker user can pull.

    ``reader`` is its id, or None for an anonymous client, which can pull from public namespaces.
    Empty repositories are listed, and those that are being deleted are not.
    """
    values = {"reader": reader, "last": page.last, "limit": page.limit + 1}
    found = (await tx.execute(_LIST_REPOSITORIES, values)).scalar_one()
    return _page(found, page)


def _page(found: list[Any], page: PageRequest) -> ListPage:
    return ListPage(found[: page.limit], is_last=len(found) <= page.limit)
