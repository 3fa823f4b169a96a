"""The registry as a route's parameter; when it is away the answer is a 503."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common import problems
from libs.common.errors import Unavailable
from services.catalog.registry import Registry


class RegistryAway(Unavailable):
    code, title = "registry_unavailable", "The registry does not answer"


def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


async def tell_away(_: Request, __: Exception) -> Response:
    """Handles ``services.catalog.registry.RegistryUnavailable``."""
    return problems.of_error(RegistryAway())


AtRegistry = Annotated[Registry, Depends(_registry)]
