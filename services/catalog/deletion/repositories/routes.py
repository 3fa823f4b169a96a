"""``DELETE /repositories`` and ``DELETE /namespaces``."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.deletion.repositories import usecases
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.namespaces.domain import NamespaceNotEmpty
from services.catalog.repositories.dependencies import OwnedRepository
from services.catalog.repositories.schemas import RepositoryOut
from services.catalog.reserved_names.dependencies import ReservedSeconds
from services.catalog.rules.domain import TagImmutable
from services.catalog.trash.dependencies import TrashLifetime

router = APIRouter()

Force = Annotated[
    bool,
    Query(description="also delete immutable tags; without it, one of them refuses the deletion"),
]


@router.delete(
    "/repositories/{namespace}/{repository:path}",
    tags=["repositories"],
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(Unauthenticated, NotFound, TagImmutable, Invalid),
)
async def delete_repository(
    tx: Tx,
    actor: OwnedRepository,
    reserved: ReservedSeconds,
    lifetime: TrashLifetime,
    force: Force = False,
) -> RepositoryOut:
    """Delete a repository with all its images. It goes to the trash.

    If it has an immutable tag, add `force`.

    The deletion continues after the response. When all is gone, a GET returns 404. From now on,
    nobody gets a token for the repository. Its name can be taken again after the tokens that name
    it have expired.
    """
    repository = await usecases.delete_repository(
        tx=tx, actor=actor, reserved_seconds=reserved, lifetime=lifetime, force=force
    )
    return RepositoryOut.model_validate(repository)


@router.delete(
    "/namespaces/{namespace}",
    tags=["namespaces"],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound, NamespaceNotEmpty, TagImmutable, Invalid)
    | {
        202: {
            "description": "The repositories are being deleted, and the namespace disappears with "
            "the last one. When all is gone, a GET returns 404."
        }
    },
)
async def delete_namespace(
    tx: Tx,
    actor: OwnedNamespace,
    reserved: ReservedSeconds,
    lifetime: TrashLifetime,
    response: Response,
    cascade: bool = False,
    force: Force = False,
) -> None:
    """Delete a namespace with its grants; with `cascade`, its repositories first.

    It goes to the trash. If it has an immutable tag, add `force`.

    Its name can be taken again after the tokens that name it have expired.
    """
    is_gone = await usecases.delete_namespace(
        tx=tx,
        actor=actor,
        reserved_seconds=reserved,
        cascade=cascade,
        lifetime=lifetime,
        force=force,
    )
    response.status_code = status.HTTP_204_NO_CONTENT if is_gone else status.HTTP_202_ACCEPTED
