"""``…/rules/preview`` of namespaces and repositories.

The pattern of a repository's path also matches these paths, so these routes are declared first.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, NotFound, Unauthenticated
from libs.common.web.pagination import Paging, link_next
from libs.common.web.problems import responses
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.repositories.dependencies import OwnedRepository
from services.catalog.retention import preview
from services.catalog.retention.domain import TooManyTags
from services.catalog.retention.preview import Preview, PreviewRequest
from services.catalog.retention.schemas import PreviewOut
from services.catalog.rules.schemas import RulesPut

router = APIRouter(tags=["rules"])

_NAMESPACE = "/namespaces/{namespace}/rules/preview"
_REPOSITORY = "/repositories/{namespace}/{repository:path}/rules/preview"
_NAMESPACE_ERRORS = responses(Unauthenticated, NotFound, TooManyTags, Invalid)
_REPOSITORY_ERRORS = responses(Unauthenticated, NotFound, Invalid)

Only = Annotated[
    Literal["delete", "keep"] | None,
    Query(description="Only the tags that are deleted, or only those that are kept."),
]


def _page(found: Preview, request: Request, response: Response) -> PreviewOut:
    link_next(request, response, found.next_cursor)
    return PreviewOut.of(found)


@router.get(_NAMESPACE, responses=_NAMESPACE_ERRORS)
async def get_namespace_rules_preview(
    tx: Tx,
    actor: OwnedNamespace,
    page: Paging,
    request: Request,
    response: Response,
    decision: Only = None,
) -> PreviewOut:
    """List what the stored rules of a namespace delete, and why they keep the other tags.

    Repositories with rules of their own are left out.
    """
    wanted = PreviewRequest(None, decision, page)
    found = await preview.preview_namespace(tx=tx, actor=actor, request=wanted)
    return _page(found, request, response)


@router.post(_NAMESPACE, responses=_NAMESPACE_ERRORS)
async def post_namespace_rules_preview(
    tx: Tx,
    actor: OwnedNamespace,
    page: Paging,
    body: RulesPut,
    request: Request,
    response: Response,
    decision: Only = None,
) -> PreviewOut:
    """List what other rules would delete in a namespace, without a change of its rules.

    Repositories with rules of their own are left out.
    """
    wanted = PreviewRequest(body.rules(), decision, page)
    found = await preview.preview_namespace(tx=tx, actor=actor, request=wanted)
    return _page(found, request, response)


@router.get(_REPOSITORY, responses=_REPOSITORY_ERRORS)
async def get_repository_rules_preview(
    tx: Tx,
    actor: OwnedRepository,
    page: Paging,
    request: Request,
    response: Response,
    decision: Only = None,
) -> PreviewOut:
    """List what the rules that apply to a repository delete, and why they keep the other tags."""
    wanted = PreviewRequest(None, decision, page)
    found = await preview.preview_repository(tx=tx, actor=actor, request=wanted)
    return _page(found, request, response)


@router.post(_REPOSITORY, responses=_REPOSITORY_ERRORS)
async def post_repository_rules_preview(
    tx: Tx,
    actor: OwnedRepository,
    page: Paging,
    body: RulesPut,
    request: Request,
    response: Response,
    decision: Only = None,
) -> PreviewOut:
    """List what other rules would delete in a repository, without a change of its rules."""
    wanted = PreviewRequest(body.rules(), decision, page)
    found = await preview.preview_repository(tx=tx, actor=actor, request=wanted)
    return _page(found, request, response)
