"""``/trash``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.errors import Forbidden, Invalid, LimitReached, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from libs.common.web.provided import provided
from services.catalog.accounts.dependencies import Limits
from services.catalog.intents.domain import ChangeInProgress, RegistryUnreachable
from services.catalog.trash.domain import (
    ContentMissing,
    EntryBusy,
    Kind,
    NameTaken,
    ParentMissing,
)
from services.catalog.trash.entries import usecases
from services.catalog.trash.entries.dependencies import EntryToRestore, OwnedEntry
from services.catalog.trash.entries.schemas import RestoredOut, RestoreIn, TrashEntryOut
from services.catalog.trash.restoring.usecases import Restorer

router = APIRouter(prefix="/trash", tags=["trash"])
_AS_IT_WAS = RestoreIn()
RestorerOfApp = Annotated[Restorer, Depends(provided(Restorer))]


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_trash(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    kind: Kind | None = None,
    q: Search = None,
) -> PageOut[TrashEntryOut]:
    """List the entries of the trash, the newest first."""
    entries = await usecases.list_entries(tx=tx, by_account=by_account, kind=kind, q=q, page=page)
    return page_of(entries, TrashEntryOut.model_validate, request, response)


@router.post(
    "/{id}/restore",
    responses=responses(
        Unauthenticated,
        NotFound,
        NameTaken,
        ParentMissing,
        ContentMissing,
        EntryBusy,
        LimitReached,
        Invalid,
        ChangeInProgress,
        RegistryUnreachable,
    )
    | {
        202: {
            "description": "The restore takes longer, and goes on after the response.",
            "model": RestoredOut,
        }
    },
)
async def restore_from_trash(
    restorer: RestorerOfApp,
    actor: EntryToRestore,
    limits: Limits,
    response: Response,
    body: RestoreIn = _AS_IT_WAS,
) -> RestoredOut:
    """Restore an entry of the trash, with its pull counts.

    It replaces nothing: if the deleted tag exists again, choose another one with `tag`.
    """
    tag = body.tag
    if tag is not None and actor.entry.kind not in (Kind.TAG, Kind.MANIFEST):
        raise Invalid("tag", "is possible for a tag or an image only; leave it out")
    result = await restorer.restore(actor=actor, tag=tag, limits=limits)
    if not result.is_complete:
        response.status_code = status.HTTP_202_ACCEPTED
    return RestoredOut.of(result, kind=actor.entry.kind, path=actor.entry.path)


@router.delete(
    "/{id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound, EntryBusy, Invalid),
)
async def delete_from_trash(tx: Tx, actor: OwnedEntry) -> None:
    """Delete something for good: it cannot be restored any more.

    The next garbage collection frees its space.
    """
    await usecases.end_entry(tx=tx, actor=actor)
