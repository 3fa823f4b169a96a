"""``POST /images/{namespace}/{repository}/copy``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Engine
from libs.common.registry.names import MAX_REPOSITORY_PATH, split_repository
from libs.common.web.errors import Invalid, LimitReached, NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.copying.dependencies import CopierOfApp, NamespaceToCopyTo
from services.catalog.copying.domain import (
    CopyRefused,
    CopyUnfinished,
    QuotaReached,
    parse_source,
)
from services.catalog.copying.schemas import CopyIn
from services.catalog.images.domain import pull_commands
from services.catalog.images.schemas import ImageOut
from services.catalog.images.usecases import get_image_by_tag, list_referrers
from services.catalog.intents.dependencies import RegistryClient
from services.catalog.intents.domain import ChangeInProgress, RegistryUnreachable
from services.catalog.referrers.usecases import read_descriptors
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.repositories.usecases import get_repository_reader
from services.catalog.reserved_names.domain import NameReserved
from services.catalog.rules.domain import TagImmutable

router = APIRouter(prefix="/images", tags=["images"])


@router.post(
    "/{namespace}/{repository:path}/copy",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        Unauthenticated,
        NotFound,
        TagImmutable,
        CopyRefused,
        QuotaReached,
        RepositoryDeleting,
        NameReserved,
        LimitReached,
        Invalid,
        ChangeInProgress,
        CopyUnfinished,
        RegistryUnreachable,
    ),
)
async def copy_image(
    engine: Engine,
    registry: RegistryClient,
    copier: CopierOfApp,
    actor: NamespaceToCopyTo,
    repository: str,
    body: CopyIn,
    request: Request,
    response: Response,
) -> ImageOut:
    """Copy an image within the registry, or give it another tag, without moving bytes.

    Its children, its signatures, and its other referrers are copied too. The repository is created
    if it does not exist. An existing tag is replaced as by a push.
    """
    namespace = actor.namespace.name
    path = f"{namespace}/{repository}"
    source = parse_source(body.source)
    assert source is not None
    if split_repository(path) is None:
        raise Invalid(
            "repository",
            "must be components of a-z and 0-9, separated by '/'; the path with the namespace must "
            f"have at most {MAX_REPOSITORY_PATH} characters",
        )
    await copier.copy(actor=actor, repository=repository, tag=body.tag, source=source)
    await read_descriptors(
        engine=engine, registry=registry, repository=path, tag=body.tag, digest=None
    )
    async with engine.connect() as tx:
        reader = await get_repository_reader(
            tx=tx, principal=actor.principal, namespace=namespace, name=repository
        )
        image = await get_image_by_tag(tx=tx, actor=reader, tag=body.tag)
        referrers = await list_referrers(tx=tx, actor=reader, image=image)
    response.headers["Location"] = f"/api/v1/images/{path}:{body.tag}"
    commands = pull_commands(
        image,
        address=request.headers.get("Host", ""),
        is_https=request.url.scheme == "https",
        repository=path,
    )
    return ImageOut.of(image, commands, referrers)
