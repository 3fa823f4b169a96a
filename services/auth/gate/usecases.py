"""Decides what the gateway does with a request before it sends it to the registry."""

import asyncio
import time

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine, autocommit, is_unreachable
from libs.common.disk import FreeSpace
from libs.common.registry.token_verification import Challenged, RegistryTokenVerifier
from services.auth.gate import queries
from services.auth.gate.domain import (
    DELETING,
    UNCONFIRMED,
    Access,
    Detour,
    GatedRequest,
    Kind,
    Reason,
    Refusal,
    answer_to_deleting,
    begins_upload,
    find_detour,
    find_gated,
    refuse_for_disk,
)
from services.auth.gate.marks import Marks
from services.auth.gate.quotas import FullNamespaces
from services.auth.gate.touches import TouchRecorder

WAIT_SECONDS = 20.0
"""How long the completion of an upload waits for a blob that is being deleted."""
_POLL_SECONDS = 0.5
_REVIVE_SECONDS = 3.0
_refused = Counter("moorage_gate_refused_total", "Requests that the gate has refused", ["reason"])
for _reason in Reason:
    _refused.labels(_reason.value)
_revived = Counter(
    "moorage_gate_revived_total",
    "Blobs that the gate has saved from garbage collection for a client",
)
_log = structlog.get_logger()


class Gate:
    """Revives the blobs that clients need, so that garbage collection does not delete them.

    The rows in the database guard the data; the gate spares clients a failed push (docs/adr/0021).
    """

    def __init__(
        self,
        *,
        engine: Engine,
        verifier: RegistryTokenVerifier,
        marks: Marks,
        touches: TouchRecorder,
        full_namespaces: FullNamespaces,
        free_space: FreeSpace,
    ) -> None:
        self._engine = engine
        self._verifier = verifier
        self._marks = marks
        self._touches = touches
        self._full_namespaces = full_namespaces
        self._free_space = free_space
        self._revivals: dict[bytes, asyncio.Task[bool]] = {}

    async def decide(
        self, *, method: str, uri: str, authorization: str | None
    ) -> Refusal | Detour | None:
        """Return what happens to the request instead, or None if it goes on as it is."""
        decision = await self._decide(method, uri, authorization)
        if isinstance(decision, Refusal):
            _refused.labels(decision.reason.value).inc()
        return decision

    async def _decide(
        self, method: str, uri: str, authorization: str | None
    ) -> Refusal | Detour | None:
        """Return the decision.

        Only a request that the registry would accept revives a blob; the registry refuses others.
        A request for a blob that is not marked costs no call of the database.
        """
        if self._free_space.low_disk is not None:
            refusal = refuse_for_disk(method)
            if refusal is not None:
                return refusal
        refusal = self._refuse_for_quota(method, uri, authorization)
        if refusal is not None:
            return refusal
        detour = find_detour(method, uri)
        if detour is not None:
            return detour
        request = find_gated(method, uri)
        if request is None or not self._is_authorized(request.access, authorization):
            return None
        self._touches.record(request.digest)
        if not self._marks.are_current:
            return UNCONFIRMED
        if request.kind is Kind.COMPLETION:
            self._touches.record_upload(request.repository, request.digest)
        if request.digest not in self._marks.digests:
            return None
        return await self._revive_or_wait(request)

    def _refuse_for_quota(self, method: str, uri: str, authorization: str | None) -> Refusal | None:
        """Return the refusal of an upload beyond the quota.

        Only a client that can push learns of it; the registry refuses others.
        """
        repository = begins_upload(method, uri)
        if repository is None:
            return None
        refusal = self._full_namespaces.find_refusal(repository)
        access = ((repository, ("pull", "push")),)
        if refusal is None or not self._is_authorized(access, authorization):
            return None
        return refusal

    def _is_authorized(self, access: Access, authorization: str | None) -> bool:
        try:
            for repository, actions in access:
                self._verifier.verify(authorization, repository, *actions)
        except Challenged:
            return False
        return True

    async def _revive_or_wait(self, request: GatedRequest) -> Refusal | Detour | None:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if await self._revive_once(request.digest):
                    return None
            except Exception as error:
                if not is_unreachable(error):
                    _log.error("blob not revived", exc_info=error)
                return UNCONFIRMED
            instead = answer_to_deleting(request)
            if instead is not None:
                return instead
            if time.monotonic() + _POLL_SECONDS > deadline:
                return DELETING
            await asyncio.sleep(_POLL_SECONDS)

    async def _revive_once(self, digest: bytes) -> bool:
        """Revive the blob, in one call for all requests that need it at this moment."""
        revival = self._revivals.get(digest)
        if revival is None:
            revival = self._revivals[digest] = asyncio.create_task(self._revive(digest))
        return await asyncio.shield(revival)

    async def _revive(self, digest: bytes) -> bool:
        digests = self._marks.digests
        try:
            async with asyncio.timeout(_REVIVE_SECONDS), autocommit(self._engine) as tx:
                is_live = await queries.revive(tx, digest=digest)
        finally:
            del self._revivals[digest]
        if is_live:
            _revived.inc()
            digests.discard(digest)
        return is_live
