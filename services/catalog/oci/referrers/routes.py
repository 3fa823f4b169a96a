"""``GET /v2/<name>/referrers/<digest>`` (OCI distribution spec, "Listing Referrers")."""

import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.error_format import DigestInvalid, Unavailable
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import is_digest
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.domain import Address
from services.catalog.oci.referrers.domain import page_size
from services.catalog.referrers.usecases import list_referrers

_INDEX = "application/vnd.oci.image.index.v1+json"


class ReferrerRoutes:
    """Responds to requests for the referrers of a digest."""

    def __init__(self, engine: Engine, registry: Registry, authorization: Authorization) -> None:
        self._engine = engine
        self._registry = registry
        self._authorization = authorization

    async def get(self, request: Request, address: Address) -> Response:
        """Return an index of the referrers. It is empty if the repository or digest is unknown.

        The specification forbids a 404: clients would take the registry for one without this list.
        """
        self._authorization.check(request, address.repository, "pull")
        digest = address.reference
        if not is_digest(digest):
            raise DigestInvalid(
                "the digest of the subject must be sha256:, sha384:, or sha512: with the right "
                "number of lower-case hex digits"
            )
        limit = page_size(request.query_params.get("n"))
        # PostgreSQL cannot compare a NUL, and no artifact type has a replacement character.
        artifact_type = request.query_params.get("artifactType", "").replace("\0", "\ufffd") or None
        try:
            page = await list_referrers(
                engine=self._engine,
                registry=self._registry,
                repository=address.repository,
                digest=digest,
                artifact_type=artifact_type,
                after=request.query_params.get("last", "").replace("\0", ""),
                limit=limit,
            )
        except RegistryUnavailable as error:
            raise Unavailable("the registry does not respond; try again in a moment") from error
        headers = {} if artifact_type is None else {"OCI-Filters-Applied": "artifactType"}
        if page.last is not None:
            query = {"n": str(limit), "last": page.last}
            if artifact_type is not None:
                query["artifactType"] = artifact_type
            path = f"/v2/{address.repository}/referrers/{digest}"
            headers["Link"] = f'<{path}?{urlencode(query)}>; rel="next"'
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": list(page.descriptors)}
        return Response(json.dumps(index), 200, headers, _INDEX)
