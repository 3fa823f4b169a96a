"""List tags and repositories for Docker clients (spec 15)."""

from libs.common.db.engine import Engine
from services.catalog.oci.listings import queries
from services.catalog.oci.listings.domain import ListPage, PageRequest, unknown_repository


async def list_tags(*, engine: Engine, repository: str, page: PageRequest) -> ListPage:
    """Return a page of the tags of ``repository``.

    Raises:
        NameUnknown: the repository does not exist, or is being deleted.
    """
    async with engine.connect() as tx:
        found = await queries.find_tags(tx, repository=repository, page=page)
    if found is None:
        raise unknown_repository(repository)
    return found
