"""`/namespaces/{namespace}/grants` and `/docker-users/{username}/grants`."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.docker_users.dependencies import OwnedDockerUser
from services.catalog.grants import usecases
from services.catalog.grants.schemas import DockerUserGrantOut, GrantOut, GrantPut
from services.catalog.namespaces.dependencies import OwnedNamespace

router = APIRouter(tags=["grants"])


@router.get(
    "/namespaces/{namespace}/grants", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def list_namespace_grants(
    tx: Tx, actor: OwnedNamespace, page: Paging, request: Request, response: Response
) -> Page[GrantOut]:
    """Who may do what in the namespace, by Docker user."""
    return page_of(
        await usecases.list_namespace_grants(tx=tx, actor=actor, page=page),
        GrantOut.of,
        request,
        response,
    )


@router.put(
    "/namespaces/{namespace}/grants/{docker_user}",
    responses={
        **responses(Unauthenticated, NotFound, Invalid),
        201: {"description": "The grant is new", "model": GrantOut},
    },
)
async def put_grant(
    tx: Tx, actor: OwnedNamespace, docker_user: str, body: GrantPut, response: Response
) -> GrantOut:
    """Let a Docker user pull from, or push to, the namespace. 201: a new grant; 200: there was one, which is changed."""
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
    return GrantOut.of(grant)


@router.delete(
    "/namespaces/{namespace}/grants/{docker_user}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound),
)
async def delete_grant(tx: Tx, actor: OwnedNamespace, docker_user: str) -> None:
    """Take a grant away. It holds for every token issued from then on."""
    await usecases.delete_grant(tx=tx, actor=actor, docker_user=docker_user)


@router.get(
    "/docker-users/{username}/grants", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def list_docker_user_grants(
    tx: Tx, actor: OwnedDockerUser, page: Paging, request: Request, response: Response
) -> Page[DockerUserGrantOut]:
    """What the Docker user may do where, by namespace."""
    found = await usecases.list_docker_user_grants(tx=tx, actor=actor, page=page)
    return page_of(found, DockerUserGrantOut.of, request, response)
