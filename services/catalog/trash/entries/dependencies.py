"""The permission to restore and end an entry of the trash, as a route's parameter."""

from typing import Annotated

from fastapi import Depends, Path, Request

from libs.common.db.engine import Engine, Tx
from libs.common.web.authentication import Authenticated, Proof, authenticate
from services.catalog.trash.domain import EntryOwner
from services.catalog.trash.entries import usecases

EntryId = Annotated[int, Path(alias="id", ge=1, le=2**63 - 1)]


async def _entry_owner(tx: Tx, principal: Authenticated, entry_id: EntryId) -> EntryOwner:
    return await usecases.get_entry_owner(tx=tx, principal=principal, entry_id=entry_id)


async def _entry_to_restore(
    engine: Engine, request: Request, proof: Proof, entry_id: EntryId
) -> EntryOwner:
    async with engine.connect() as tx:
        principal = await authenticate(tx, request, proof)
        return await usecases.get_entry_owner(tx=tx, principal=principal, entry_id=entry_id)


OwnedEntry = Annotated[EntryOwner, Depends(_entry_owner)]
"""A route's parameter: the entry in the path, which the principal can end (else 404)."""

EntryToRestore = Annotated[EntryOwner, Depends(_entry_to_restore)]
"""The same, but its transaction ends before the route runs.

A route that calls the registry must not hold a transaction open meanwhile.
"""
