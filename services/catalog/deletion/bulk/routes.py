"""``POST /images/{namespace}/{repository}/delete``."""

from fastapi import APIRouter

from libs.common.db.engine import Engine
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.deletion.bulk import usecases
from services.catalog.deletion.bulk.schemas import BulkDeletionOut, BulkPreviewOut, TagsToDelete
from services.catalog.deletion.dependencies import RepositoryToDeleteFrom
from services.catalog.deletion.domain import DeletionActor
from services.catalog.intents.dependencies import RegistryClient
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.trash.dependencies import TrashLifetime

router = APIRouter(prefix="/images", tags=["images"])


@router.post(
    "/{namespace}/{repository:path}/delete",
    responses=responses(Unauthenticated, NotFound, RepositoryDeleting, Invalid),
)
async def delete_images(
    engine: Engine,
    registry: RegistryClient,
    actor: RepositoryToDeleteFrom,
    lifetime: TrashLifetime,
    body: TagsToDelete,
) -> BulkDeletionOut | BulkPreviewOut:
    """Delete up to 500 tags, each as `DELETE` of the tag does, or preview it.

    The response says which tags were deleted, and why the others were not.
    """
    if body.preview:
        preview = await usecases.preview_deletion(engine=engine, actor=actor, tags=body.tags)
        return BulkPreviewOut.model_validate(preview)
    result = await usecases.delete_tags(
        engine=engine,
        registry=registry,
        actor=DeletionActor.of_owner(actor),
        tags=body.tags,
        lifetime=lifetime,
    )
    return BulkDeletionOut.model_validate(result)
