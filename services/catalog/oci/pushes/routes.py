"""``PUT /v2/<name>/manifests/<reference>``: hand a manifest to admission."""

import re

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import Response

from libs.common.registry.error_format import NameInvalid, RegistryApiError, TagInvalid
from libs.common.registry.names import split_repository
from libs.common.web.authentication import client_address
from services.catalog.admission.domain import Push
from services.catalog.admission.usecases import Admission
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.domain import Address

_REFERENCE = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"
)
_admissions = Counter(
    "moorage_catalog_admissions_total",
    "Manifests that clients have put, by result: admitted, the code of the refusal, "
    "refused_by_registry, or failed",
    ["result"],
)
for _result in ("admitted", "unavailable", "refused_by_registry", "failed"):
    _admissions.labels(_result)  # a rate needs the 0 before the first of them
_PASSED_ON = ("docker-content-digest", "location", "content-type")


class PushRoutes:
    """Responds to pushes of manifests."""

    def __init__(self, admission: Admission, authorization: Authorization) -> None:
        self.admission = admission
        self._authorization = authorization

    async def put_manifest(self, request: Request, address: Address) -> Response:
        """Return the registry's response to the manifest in the body."""
        result = "failed"
        try:
            response = await self._put_manifest(request, address)
            result = "admitted" if response.status_code == 201 else "refused_by_registry"
        except RegistryApiError as error:
            result = error.code.lower()
            raise
        finally:
            _admissions.labels(result).inc()
        return response

    async def _put_manifest(self, request: Request, address: Address) -> Response:
        docker_user = self._authorization.check(request, address.repository, "pull", "push").subject
        split = split_repository(address.repository)
        if split is None:
            raise NameInvalid(f"the repository name {address.repository} is not valid")
        if _REFERENCE.fullmatch(address.reference) is None:
            raise TagInvalid(
                "a tag has at most 128 letters, digits, '.', '_', and '-', and a digest is "
                "sha256: with 64 lower-case hex digits, or sha512: with 128"
            )
        admitted = await self.admission.admit(
            Push(
                namespace=split[0],
                name=split[1],
                reference=address.reference,
                content=await request.body(),
                content_type=request.headers.get("content-type", ""),
                docker_user=docker_user,
                client_address=client_address(request),
            )
        )
        answer = admitted.answer
        headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
        if answer.status == 201 and address.reference.startswith("sha512:"):
            # The registry has the manifest under its sha256 digest.
            headers["docker-content-digest"] = address.reference
            headers["location"] = f"/v2/{address.repository}/manifests/{address.reference}"
        if answer.status == 201 and admitted.subject is not None:
            # Clients then leave out the fallback tag (OCI distribution spec, "Pushing Manifests
            # with Subject").
            headers["OCI-Subject"] = admitted.subject
        return Response(answer.content, answer.status, headers)
