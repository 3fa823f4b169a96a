"""``PUT /v2/<name>/manifests/<reference>``, and the refusal of deletions by Docker clients.

The gateway sends these requests here instead of to the registry. They are answered in front of the
framework (docs/adr/0013), because every push waits for one. Errors have the registry's format.
"""

import json
import re
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from libs.common.db.engine import is_unreachable
from libs.common.registry.error_format import (
    Denied,
    NameInvalid,
    NameUnknown,
    RegistryApiError,
    SizeInvalid,
    TagInvalid,
    Unauthorized,
    Unavailable,
    Unsupported,
    unauthorized_detail,
)
from libs.common.registry.names import split_repository
from libs.common.registry.token_verification import Challenged, RegistryTokenVerifier, challenge
from libs.common.web.authentication import client_address
from libs.common.web.errors import ContentTooLarge, MoorageError
from libs.common.web.provided import provided
from libs.common.web.service import Front, logged
from services.catalog.admission.domain import MAX_BODY, UNAVAILABLE_RETRY_SECONDS
from services.catalog.admission.usecases import Admission, Push

_PATH = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs)/(?P<reference>[^/]+)")
_REFERENCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}")
_PASSED_ON = ("docker-content-digest", "location", "content-type")
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
_log = structlog.get_logger()


class RegistryRoutes:
    """ASGI app for the requests of the registry API that the catalog answers.

    ``service`` is the registry's name in challenges. The gateway replaces their realm.
    """

    def __init__(
        self, admission: Admission, verifier: RegistryTokenVerifier, *, service: str
    ) -> None:
        self.admission = admission
        self._verifier = verifier
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except RegistryApiError as error:
            response = _refusal(error)
        except (ClientDisconnect, ContentTooLarge):
            return  # nobody receives the response, or the limit of the body sends it
        except Exception as error:
            if not is_unreachable(error):
                _log.error("unexpected error", exc_info=error)
            response = _refusal(
                Unavailable(
                    "the catalog cannot record the push now; try again in a moment",
                    retry_after=UNAVAILABLE_RETRY_SECONDS,
                )
            )
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = _PATH.fullmatch(request.url.path)
        if path is None:
            raise NameUnknown("there is nothing at this path")
        repository, reference = path["repository"], path["reference"]
        if request.method == "DELETE":
            return self._refuse_deletion(request, repository)
        if request.method != "PUT" or path["kind"] != "manifests":
            raise Unsupported()
        docker_user = self._authorize(request, repository, "pull", "push")
        split = split_repository(repository)
        if split is None:
            raise NameInvalid(f"the repository name {repository} is not valid")
        if _REFERENCE.fullmatch(reference) is None:
            raise TagInvalid(
                "a tag has at most 128 letters, digits, '.', '_', and '-', and a digest is "
                "sha256: with 64 lower-case hex digits"
            )
        answer = await self.admission.admit(
            Push(
                namespace=split[0],
                name=split[1],
                reference=reference,
                content=await request.body(),
                content_type=request.headers.get("content-type", ""),
                docker_user=docker_user,
                client_address=client_address(request),
            )
        )
        headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
        return Response(answer.content, answer.status, headers | _VERSION)

    def _refuse_deletion(self, request: Request, repository: str) -> Response:
        """Refuse a deletion by a Docker client: no grant allows it yet (spec 2)."""
        self._authorize(request, repository, "pull")
        raise Denied(
            "Docker users cannot delete images; the owner of the namespace can, in the console or "
            "with the JSON API"
        )

    def _authorize(self, request: Request, repository: str, *actions: str) -> str:
        """Return the Docker user whose token allows ``actions``. Raise Unauthorized otherwise."""
        try:
            return self._verifier.verify(
                request.headers.get("authorization"), repository, *actions
            ).subject
        except Challenged as challenged:
            header = challenge(
                repository,
                actions,
                realm="http://localhost/token",
                service=self._service,
                error=challenged.error,
            )
            raise Unauthorized(
                detail=unauthorized_detail(repository, actions),
                headers={"WWW-Authenticate": header},
            ) from challenged


def _refusal(error: RegistryApiError) -> Response:
    return Response(
        json.dumps(error.body), error.status, {**_VERSION, **error.headers}, "application/json"
    )


def _too_large(_: MoorageError) -> Response:
    return _refusal(SizeInvalid(f"a manifest can have at most {MAX_BODY // 1024 // 1024} MiB"))


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await provided(RegistryRoutes)(Request(scope))(scope, receive, send)


FRONT: Final[Front] = {(None, "/v2/"): logged(_app, max_body=MAX_BODY, refuse=_too_large)}
