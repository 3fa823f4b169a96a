"""Which clients can delete, how the others are refused (spec 2.5), and canceled uploads."""

from starlette.requests import Request

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.error_format import (
    BlobUploadUnknown,
    Denied,
    NameInvalid,
    NameUnknown,
    Unavailable,
)
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.names import split_repository
from libs.common.registry.token_verification import Challenged
from libs.common.web.authentication import client_address
from services.catalog.deletion.domain import DeletionActor
from services.catalog.intents.domain import Requester
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.deletions.domain import (
    DELETE_SCOPE,
    NOT_GRANTED,
    RETRY_SECONDS,
    WIDER_SCOPE_NEEDED,
    is_upload,
)
from services.catalog.oci.deletions.queries import has_delete_grant
from services.catalog.repositories.queries import find_repository


async def get_requester(
    *, engine: Engine, authorization: Authorization, request: Request, path: str
) -> Requester:
    """Return the Docker user of the request's token, which can delete from the repository.

    The repository may not exist.

    Raises:
        Unauthorized: the client can get a token that can delete.
        Denied: it cannot.
        NameInvalid: no repository can have this path.
    """
    docker_user = await _authorize(engine, authorization, request, path)
    if split_repository(path) is None:
        raise NameInvalid(f"the repository name {path} is not valid")
    return Requester(docker_user=docker_user, client_address=client_address(request))


async def get_actor(
    *, engine: Engine, authorization: Authorization, request: Request, path: str
) -> DeletionActor:
    """Return the same with the repository to delete from.

    Raises:
        NameUnknown: the repository does not exist.
    """
    requester = await get_requester(
        engine=engine, authorization=authorization, request=request, path=path
    )
    namespace, _, name = path.partition("/")
    async with engine.connect() as tx:
        repository = await find_repository(tx, namespace=namespace, name=name)
    if repository is None:
        raise NameUnknown(f"there is no repository {path}")
    return DeletionActor(repository, requester)


async def cancel_upload(*, registry: Registry, path: str, upload: str, state: str) -> None:
    """Cancel an upload in the registry.

    Raises:
        NameInvalid: no repository can have this path.
        BlobUploadUnknown: there is no such upload, or ``state`` does not belong to it.
        Unavailable: the registry does not answer.
    """
    if split_repository(path) is None:
        raise NameInvalid(f"the repository name {path} is not valid")
    try:
        is_canceled = is_upload(upload) and await registry.cancel_upload(path, upload, state=state)
    except RegistryUnavailable as error:
        raise Unavailable(
            "the registry does not respond; try again in a moment", retry_after=RETRY_SECONDS
        ) from error
    if not is_canceled:
        raise BlobUploadUnknown(
            "there is no upload at this address; use the last `Location` with its query, unless "
            "the upload is completed or canceled"
        )


async def _authorize(
    engine: Engine, authorization: Authorization, request: Request, path: str
) -> str:
    """Return the Docker user whose token can delete from the repository.

    A client that has a grant is asked for another token, even if its access token has a smaller
    maximum permission, so that the next token cannot delete either. A token does not say what the
    client requested, and a pull token is what most clients send first. So a 403 would refuse
    clients that can delete. No client repeats a request after a second 401, and the message names
    the access token.

    The refusal is the same for a namespace that does not exist (spec 2.6).
    """
    try:
        client = authorization.verify(request, path)
    except Challenged as challenged:
        raise authorization.challenge(path, *DELETE_SCOPE, error=challenged.error) from challenged
    if client.allows("delete"):
        return client.subject
    if not client.subject:  # a client without a login
        raise authorization.challenge(path, *DELETE_SCOPE, error="insufficient_scope")
    async with engine.connect() as tx:
        can_delete = await has_delete_grant(
            tx, docker_user=client.subject, namespace=path.partition("/")[0]
        )
    if can_delete:
        raise authorization.challenge(
            path, *DELETE_SCOPE, error="insufficient_scope", message=WIDER_SCOPE_NEEDED
        )
    raise Denied(NOT_GRANTED)
