"""List tags and repositories for Docker clients (spec 15)."""

from libs.common.db.engine import Engine, autocommit
from libs.common.db.pool import driver_connection
from services.catalog.oci.listings import queries
from services.catalog.oci.listings.domain import (
    ListPage,
    PageRequest,
    TagPage,
    unknown_repository,
)


async def list_tags(*, engine: Engine, repository: str, page: PageRequest) -> TagPage:
    """Return a page of the tags of ``repository``.

    Raises:
        NameUnknown: the repository does not exist, or is being deleted.
    """
    async with driver_connection(engine) as connection:
        found = await queries.find_tags(connection, repository=repository, page=page)
    if found is None:
        raise unknown_repository(repository)
    return found


async def list_repositories(*, engine: Engine, docker_user: str, page: PageRequest) -> ListPage:
    """Return a page of the repositories that ``docker_user`` can pull; "" is an anonymous client.

    A Docker user that is disabled or deleted sees none, even while its token is valid.
    """
    async with autocommit(engine) as tx:
        reader = await queries.find_reader(tx, username=docker_user) if docker_user else None
        if docker_user and reader is None:
            return ListPage([], is_last=True)
        return await queries.list_repositories(tx, reader=reader, page=page)
