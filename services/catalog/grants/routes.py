"""``/namespaces/{namespace}/grants`` and ``/docker-users/{username}/grants``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.docker_users.dependencies import OwnedDockerUser
from services.catalog.grants import usecases
from services.catalog.grants.schemas import DockerUserGrantOut, GrantChange, GrantOut, GrantPut
from services.catalog.namespaces.dependencies import OwnedNamespace

router = APIRouter(tags=["grants"])


@router.get(
    "/namespaces/{namespace}/grants", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def list_namespace_grants(
    tx: Tx, actor: OwnedNamespace, page: Paging, request: Request, response: Response
) -> PageOut[GrantOut]:
    """List the grants of a namespace by Docker user."""
    grants = await usecases.list_namespace_grants(tx=tx, actor=actor, page=page)
    return page_of(grants, GrantOut.model_validate, request, response)


@router.put(
    "/namespaces/{namespace}/grants/{docker_user}",
    responses={
        **responses(Unauthenticated, NotFound, Invalid),
        201: {"description": "The grant is new.", "model": GrantOut},
    },
)
async def put_grant(
    tx: Tx, actor: OwnedNamespace, docker_user: str, body: GrantPut, response: Response
) -> GrantOut:
    """Allow a Docker user to pull, push, or delete images of a namespace.

    `push` includes `pull`. `delete` includes `push`, and allows deletion with Docker clients.

    The response is 201 for a new grant, and 200 if a grant already existed and now has this
    permission.
    """
    grant, is_new = await usecases.put_grant(
        tx=tx,
        actor=actor,
        docker_user=docker_user,
        permission=body.permission,
        account=body.account,
    )
    if is_new:
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = (
            f"/api/v1/namespaces/{grant.namespace}/grants/{grant.docker_user}"
        )
    return GrantOut.model_validate(grant)


@router.delete(
    "/namespaces/{namespace}/grants/{docker_user}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound),
)
async def delete_grant(tx: Tx, actor: OwnedNamespace, docker_user: str) -> None:
    """Revoke a grant. Tokens issued from then on no longer carry its permission."""
    await usecases.delete_grant(tx=tx, actor=actor, docker_user=docker_user)


@router.get(
    "/docker-users/{username}/grants", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def list_docker_user_grants(
    tx: Tx, actor: OwnedDockerUser, page: Paging, request: Request, response: Response
) -> PageOut[DockerUserGrantOut]:
    """List the grants of a Docker user by namespace."""
    grants = await usecases.list_docker_user_grants(tx=tx, actor=actor, page=page)
    return page_of(grants, DockerUserGrantOut.model_validate, request, response)


@router.patch(
    "/docker-users/{username}/grants/{namespace}",
    responses=responses(Unauthenticated, NotFound, Invalid),
)
async def change_docker_user_grant(
    tx: Tx, actor: OwnedDockerUser, namespace: str, body: GrantChange
) -> DockerUserGrantOut:
    """Hide a grant that another account gave to a Docker user, or show it again.

    Your lists of shared repositories leave a hidden grant's namespace out. The Docker user keeps
    its access, and the owner of the namespace does not see that you hid it.
    """
    return DockerUserGrantOut.model_validate(
        await usecases.hide_grant(tx=tx, actor=actor, namespace=namespace, hidden=body.hidden)
    )
