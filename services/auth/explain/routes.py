"""``/api/v1/access/explain``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from libs.common.db.engine import Tx
from libs.common.web.errors import DatabaseUnavailable, Invalid, Unauthenticated
from libs.common.web.fields import OptionalText
from libs.common.web.problems import responses
from libs.common.web.provided import provided
from services.auth.access.domain import NoSuchNamespace
from services.auth.explain import usecases
from services.auth.explain.dependencies import ExplainedNamespace, RepositoryPath
from services.auth.explain.domain import Action
from services.auth.explain.schemas import ExplanationOut
from services.auth.registry_tokens.usecases import TokenIssuer

Issuer = Annotated[TokenIssuer, Depends(provided(TokenIssuer))]
router = APIRouter(prefix="/api/v1/access", tags=["access"])


@router.get(
    "/explain", responses=responses(Unauthenticated, NoSuchNamespace, Invalid, DatabaseUnavailable)
)
async def explain_access(
    tx: Tx,
    token_issuer: Issuer,
    actor: ExplainedNamespace,
    repository: RepositoryPath,
    action: Annotated[Action, Query(examples=["push"])],
    docker_user: Annotated[
        str | None,
        Query(max_length=63, description="name of the Docker user; without it, anonymous"),
        OptionalText,
    ] = None,
) -> ExplanationOut:
    """Explain whether a Docker user or an anonymous client can pull, push, or delete, and why.

    The owner of a namespace uses it when Docker reports only "denied". A Docker user of another
    account that has no grant in the namespace gets the same answer as an unknown name: what every
    Docker user without a grant may do.
    """
    return ExplanationOut.model_validate(
        await usecases.explain(
            tx=tx,
            token_issuer=token_issuer,
            actor=actor,
            docker_user=docker_user,
            repository=repository,
            action=action,
        )
    )
