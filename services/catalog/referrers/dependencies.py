"""Reads the referrers of the image in a path, before the route shows them."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.db.engine import Engine
from libs.common.registry.manifests import is_digest
from libs.common.web.authentication import Proof, authenticate
from services.catalog.intents.dependencies import RegistryClient
from services.catalog.referrers.usecases import read_descriptors
from services.catalog.repositories.usecases import get_repository_reader


async def _read_referrers(
    engine: Engine,
    registry: RegistryClient,
    request: Request,
    proof: Proof,
    namespace: str,
    repository: str,
) -> None:
    tag, digest = request.path_params.get("tag"), request.path_params.get("digest")
    if (tag is not None and "\0" in tag) or (digest is not None and not is_digest(digest)):
        return  # there is no such image
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        await get_repository_reader(
            tx=tx, principal=principal, namespace=namespace, name=repository
        )
    await read_descriptors(
        engine=engine,
        registry=registry,
        repository=f"{namespace}/{repository}",
        tag=tag,
        digest=digest,
    )


ReferrersRead = Annotated[None, Depends(_read_referrers)]
"""A route's parameter: the annotations of the image's referrers are stored.

Declare it before the transaction of the route, which must not wait for the registry. It reads
nothing for those who cannot read the repository, and raises the same errors as
``ReadableRepository``.
"""
