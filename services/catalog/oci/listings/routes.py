"""``GET /v2/<name>/tags/list`` and ``GET /v2/_catalog``."""

from starlette.requests import Request
from starlette.responses import Response

from libs.common.db.pool import Pool
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.domain import Address
from services.catalog.oci.listings import usecases
from services.catalog.oci.listings.cache import TagCache
from services.catalog.oci.listings.domain import (
    PageRequest,
    check_name,
    next_link,
    parse_page,
)


class ListingRoutes:
    """Responds to lists by Docker clients."""

    def __init__(self, pool: Pool, authorization: Authorization) -> None:
        self._pool = pool
        self._authorization = authorization
        self._cache = TagCache()

    async def list_tags(self, request: Request, address: Address) -> Response:
        """Return a page of the tags of a repository."""
        repository = address.repository
        check_name(repository)
        self._authorization.check(request, repository, "pull")
        page = _page_of(request)
        found = await usecases.list_tags(
            pool=self._pool, cache=self._cache, repository=repository, page=page
        )
        # A valid name needs no escape.
        content = b'{"name":"%b","tags":%b}' % (repository.encode(), found.encoded)
        return _response(f"/v2/{repository}/tags/list", content, found.last, page)

    async def list_repositories(self, request: Request, _: Address) -> Response:
        """Return a page of the repositories that the client can pull."""
        docker_user = self._authorization.check_catalog(request)
        page = _page_of(request)
        found = await usecases.list_repositories(
            pool=self._pool, docker_user=docker_user, page=page
        )
        content = b'{"repositories":%b}' % found.encoded
        return _response("/v2/_catalog", content, found.last, page)


def _page_of(request: Request) -> PageRequest:
    """Return the page that the query requests. Of a repeated parameter, the first one counts."""
    if not request.scope["query_string"]:
        return parse_page(None, None)
    first = dict(reversed(request.query_params.multi_items()))
    return parse_page(first.get("n"), first.get("last"))


def _response(path: str, content: bytes, last: str | None, page: PageRequest) -> Response:
    link = next_link(path, last, limit=page.limit)
    headers = {} if link is None else {"Link": link}
    return Response(content, headers=headers, media_type="application/json")
