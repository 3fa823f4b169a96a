"""The registry as a route's parameter; when it is away the answer is a 503."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common.registry.client import Registry
from libs.common.web import problems
from libs.common.web.errors import Unavailable
from libs.common.web.provided import provided


class RegistryAway(Unavailable):
    code, title = "registry_unavailable", "The registry does not respond; try again later"


async def tell_away(_: Request, __: Exception) -> Response:
    """Handles ``libs.common.registry.client.RegistryUnavailable``."""
    return problems.of_error(RegistryAway())


AtRegistry = Annotated[Registry, Depends(provided(Registry))]
