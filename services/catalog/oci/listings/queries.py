"""SQL of the lists of tags and repositories. Each page is read from an index in byte order."""

import uuid
from dataclasses import dataclass

from libs.common.db.pool import Connection
from services.catalog.oci.listings.domain import ListPage, PageRequest, list_page

# The database encodes the arrays, so that nothing decodes the entries. The statements are asyncpg's
# own: SQLAlchemy takes as long as the statement itself.
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
    page: ListPage | None


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
    return FoundTags(version, None if encoded is None else list_page(encoded, limit=page.limit))


_LIST_REPOSITORIES = """
    WITH reader AS MATERIALIZED (
        SELECT u.id FROM catalog.docker_users u JOIN catalog.accounts a ON a.id = u.account_id
        WHERE u.username = $1 AND NOT u.disabled AND NOT a.disabled)
    SELECT array_to_json(ARRAY(
        SELECT listed.path FROM catalog.list_readable_repositories(
            (SELECT id FROM reader), $2, $3
        ) WITH ORDINALITY AS listed (path, position)
        WHERE $1 = '' OR EXISTS (SELECT FROM reader)
        ORDER BY listed.position))::text
"""


async def list_repositories(
    connection: Connection, *, docker_user: str, page: PageRequest
) -> ListPage:
    """Return a page of the paths of the repositories that a Docker user can pull.

    An anonymous client, "", can pull from public namespaces. A Docker user that may not log in can
    pull nothing. Empty repositories are listed, and those that are being deleted are not.
    """
    encoded = await connection.fetchval(_LIST_REPOSITORIES, docker_user, page.last, page.limit + 1)
    return list_page(encoded, limit=page.limit)
