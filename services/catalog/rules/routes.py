"""``/namespaces/{namespace}/rules`` and ``/repositories/{namespace}/{repository}/rules``.

The pattern of a repository's path also matches these paths, so these routes are declared first.
"""

from fastapi import APIRouter, status

from libs.common.db.engine import Engine, Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.intents.domain import ChangeInProgress
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.repositories.dependencies import OwnedRepository
from services.catalog.rules import usecases
from services.catalog.rules.dependencies import NamespaceToRule, RepositoryToRule
from services.catalog.rules.schemas import RulesOut, RulesPut

router = APIRouter(tags=["rules"])


@router.get("/namespaces/{namespace}/rules", responses=responses(Unauthenticated, NotFound))
async def get_namespace_rules(tx: Tx, actor: OwnedNamespace) -> RulesOut:
    """Return the rules of a namespace."""
    return RulesOut.model_validate(await usecases.get_namespace_rules(tx=tx, actor=actor))


@router.put(
    "/namespaces/{namespace}/rules",
    responses=responses(Unauthenticated, NotFound, ChangeInProgress, Invalid),
)
async def put_namespace_rules(engine: Engine, actor: NamespaceToRule, body: RulesPut) -> RulesOut:
    """Replace the rules of a namespace.

    They apply to each repository in it that has no rules of its own. If a push or deletion of a tag
    that becomes immutable is not finished, the request waits for it, at most 20 s.
    """
    rules = await usecases.put_namespace_rules(engine=engine, actor=actor, rules=body.rules())
    return RulesOut.model_validate(rules)


@router.get(
    "/repositories/{namespace}/{repository:path}/rules",
    responses=responses(Unauthenticated, NotFound),
)
async def get_repository_rules(tx: Tx, actor: OwnedRepository) -> RulesOut:
    """Return the rules that apply to a repository: its own, or those of its namespace."""
    return RulesOut.model_validate(await usecases.get_repository_rules(tx=tx, actor=actor))


@router.put(
    "/repositories/{namespace}/{repository:path}/rules",
    responses=responses(Unauthenticated, NotFound, ChangeInProgress, Invalid),
)
async def put_repository_rules(engine: Engine, actor: RepositoryToRule, body: RulesPut) -> RulesOut:
    """Give a repository rules of its own. They replace all rules of its namespace.

    If a push or deletion of a tag that becomes immutable is not finished, the request waits for it,
    at most 20 s.
    """
    rules = await usecases.put_repository_rules(engine=engine, actor=actor, rules=body.rules())
    return RulesOut.model_validate(rules)


@router.delete(
    "/repositories/{namespace}/{repository:path}/rules",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound, ChangeInProgress),
)
async def delete_repository_rules(engine: Engine, actor: RepositoryToRule) -> None:
    """Delete the rules of a repository. Those of its namespace apply again.

    If it has none, nothing changes.
    """
    await usecases.delete_repository_rules(engine=engine, actor=actor)
