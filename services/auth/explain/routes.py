"""``/api/v1/access/explain``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from libs.common.db.engine import Tx
from libs.common.registry.names import split_repository
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import DatabaseUnavailable, Invalid, Unauthenticated
from libs.common.web.fields import OptionalText
from libs.common.web.problems import responses
from libs.common.web.provided import provided
from services.auth.access.queries import find_namespace
from services.auth.explain import usecases
from services.auth.explain.domain import Action, NamespaceOwner, NoSuchNamespace
from services.auth.explain.schemas import ExplanationOut
from services.auth.registry_tokens.usecases import TokenIssuer

Issuer = Annotated[TokenIssuer, Depends(provided(TokenIssuer))]
router = APIRouter(prefix="/api/v1/access", tags=["access"])
Repository = Annotated[
    str, Query(max_length=255, description="`{namespace}/{name}`", examples=["team/app"])
]


async def _namespace_owner(
    tx: Tx, principal: Authenticated, repository: Repository
) -> NamespaceOwner:
    parts = split_repository(repository)
    if parts is None:
        raise Invalid("repository", "must be `{namespace}/{name}`, in lower case")
    found = await find_namespace(tx, name=parts[0])
    if found is None or not (principal.is_admin or found.account_id == principal.account_id):
        raise NoSuchNamespace
    return NamespaceOwner(principal, found.namespace, found.visibility)


@router.get(
    "/explain", responses=responses(Unauthenticated, NoSuchNamespace, Invalid, DatabaseUnavailable)
)
async def explain_access(
    token_issuer: Issuer,
    actor: Annotated[NamespaceOwner, Depends(_namespace_owner)],
    repository: Repository,
    action: Annotated[Action, Query(examples=["push"])],
    docker_user: Annotated[
        str | None,
        Query(max_length=63, description="left out: someone who does not sign in"),
        OptionalText,
    ] = None,
) -> ExplanationOut:
    """Whether a Docker user may pull or push, and why: for the owner of the namespace, when a developer is told only \"denied\"."""
    return ExplanationOut.of(
        await usecases.explain(
            token_issuer=token_issuer,
            actor=actor,
            docker_user=docker_user,
            repository=repository,
            action=action,
        )
    )
