"""Paths that can name a repository, or something that belongs to the repository above it.

``/repositories/team/app/rules`` is the path of the rules of ``team/app``, and that of the
repository ``team/app/rules``.
"""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from libs.common.db.engine import autocommit
from services.catalog.repositories.domain import AmbiguousPath
from services.catalog.repositories.queries import list_existing

_BOTH = "moorage.ambiguous_path"


class RouteBelowRepository(APIRoute):
    """A route below a repository. It yields to a repository of that path if there is only that one.

    If both repositories exist, ``check_unambiguous`` raises an error.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        other = _find_repository_route(scope)
        if other is None:
            await super().handle(scope, receive, send)
            return
        route, changes = other
        above, below = _path_of(scope["path_params"]), _path_of(changes["path_params"])
        async with autocommit(scope["app"].state.engine) as tx:
            existing = await list_existing(tx, paths=[above, below])
        if below in existing and above not in existing:
            scope.update(changes)
            await route.handle(scope, receive, send)
            return
        if below in existing:
            scope[_BOTH] = above, below
        await super().handle(scope, receive, send)


def check_unambiguous(request: Request) -> None:
    """Check that the path of a request names one object. Call this when the caller may see both.

    Raises:
        AmbiguousPath: it names two.
    """
    if (both := request.scope.get(_BOTH)) is not None:
        raise AmbiguousPath(*both)


def _find_repository_route(scope: Scope) -> tuple[BaseRoute, Mapping[str, Any]] | None:
    """Return the route that takes the whole path for a repository, and its changes of the scope."""
    if "repository" not in scope["path_params"]:
        return None
    # Matching does not read what the route of this path has written.
    for route in scope["app"].router.routes:
        if isinstance(route, RouteBelowRepository):
            continue
        match, changes = route.matches(scope)
        if match is Match.FULL:
            return route, changes
    return None


def _path_of(parameters: Mapping[str, str]) -> str:
    return f"{parameters['namespace']}/{parameters['repository']}"
