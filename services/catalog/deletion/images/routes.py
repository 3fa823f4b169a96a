"""``DELETE /images``.

A path with a digest also matches the pattern of a tag, because a digest contains a colon. So the
route of digests is declared first.
"""

from fastapi import APIRouter, status

from libs.common.db.engine import Engine
from libs.common.web.errors import NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.deletion.dependencies import RepositoryToDeleteFrom
from services.catalog.deletion.domain import DeletionActor
from services.catalog.deletion.images import usecases
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.deletion.tags import usecases as tags
from services.catalog.intents.dependencies import RegistryClient
from services.catalog.intents.domain import ChangeInProgress, RegistryUnreachable
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.rules.domain import TagImmutable
from services.catalog.trash.dependencies import TrashLifetime

router = APIRouter(prefix="/images", tags=["images"])


@router.delete(
    "/{namespace}/{repository:path}@{digest}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated,
        NotFound,
        NeededByIndex,
        TagImmutable,
        RepositoryDeleting,
        ChangeInProgress,
        RegistryUnreachable,
    ),
)
async def delete_image_by_digest(
    engine: Engine,
    registry: RegistryClient,
    actor: RepositoryToDeleteFrom,
    lifetime: TrashLifetime,
    digest: str,
) -> None:
    """Delete an image with all tags on it, unless a tagged multi-platform image needs it.

    An image that an immutable tag names is not deleted either. The tags of its signatures are
    deleted too. The image goes to the trash.
    """
    await usecases.delete_image(
        engine=engine,
        registry=registry,
        actor=DeletionActor.of_owner(actor),
        digest=digest,
        lifetime=lifetime,
    )


@router.delete(
    "/{namespace}/{repository:path}:{tag}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(
        Unauthenticated,
        NotFound,
        TagImmutable,
        RepositoryDeleting,
        ChangeInProgress,
        RegistryUnreachable,
    ),
)
async def delete_image_by_tag(
    engine: Engine,
    registry: RegistryClient,
    actor: RepositoryToDeleteFrom,
    lifetime: TrashLifetime,
    tag: str,
) -> None:
    """Delete one tag, unless it is immutable. Other tags on the same image remain.

    The tag goes to the trash.

    If somebody pushes the tag at the same time, the later of the two wins.
    """
    await tags.delete_tag(
        engine=engine,
        registry=registry,
        actor=DeletionActor.of_owner(actor),
        tag=tag,
        lifetime=lifetime,
    )
