"""List tags and repositories for Docker clients (spec 15)."""

from libs.common.db.pool import Pool
from services.catalog.oci.listings import queries
from services.catalog.oci.listings.cache import CachedTags, TagCache
from services.catalog.oci.listings.domain import ListPage, PageRequest, unknown_repository


async def list_tags(*, pool: Pool, cache: TagCache, repository: str, page: PageRequest) -> ListPage:
    """Return a page of the tags of ``repository``, as they are in the database now.

    Raises:
        NameUnknown: the repository does not exist, or is being deleted.
    """
    cached = cache.get(repository, page)
    async with pool.connection() as connection:
        found = await queries.find_tags(
            connection,
            repository=repository,
            page=page,
            known=None if cached is None else cached.version,
        )
    if found is None:
        raise unknown_repository(repository)
    if found.page is None:
        assert cached is not None
        return cached.page
    if found.version is not None:
        cache.put(repository, page, CachedTags(found.version, found.page))
    return found.page


async def list_repositories(*, pool: Pool, docker_user: str, page: PageRequest) -> ListPage:
    """Return a page of the repositories that ``docker_user`` can pull; "" is an anonymous client.

    A Docker user that is disabled or deleted sees none, even while its token is valid.
    """
    async with pool.connection() as connection:
        return await queries.list_repositories(connection, docker_user=docker_user, page=page)
