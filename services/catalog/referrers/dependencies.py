"""Reads the referrers of the image in a path, before the route shows them."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine
from services.catalog.intents.dependencies import RegistryClient
from services.catalog.referrers.usecases import read_descriptors


async def _read_referrers(
    engine: Engine, registry: RegistryClient, request: Request, namespace: str, repository: str
) -> None:
    await read_descriptors(
        engine=engine,
        registry=registry,
        repository=f"{namespace}/{repository}",
        tag=request.path_params.get("tag"),
        digest=request.path_params.get("digest"),
    )


ReferrersRead = Annotated[None, Depends(_read_referrers)]
"""A route's parameter: the annotations of the image's referrers are stored.

Declare it before the transaction of the route, which must not wait for the registry. It shows
nothing, so it checks no permission.
"""
