"""The registry as a parameter of the routes that change images in it."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common.registry.client import Registry
from libs.common.web import problems
from libs.common.web.provided import provided
from services.catalog.intents.domain import RegistryUnreachable


async def respond_registry_unavailable(_: Request, __: Exception) -> Response:
    """Handle ``libs.common.registry.client.RegistryUnavailable`` with a 503."""
    return problems.of_error(RegistryUnreachable())


RegistryClient = Annotated[Registry, Depends(provided(Registry))]
"""A route's parameter: the client of the registry."""
