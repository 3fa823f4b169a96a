"""Whatever a client sends under ``/v2/``, the catalog's errors have the registry's format."""

import itertools

import httpx

from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.http.tokens import sign_registry_token

ZEROS = "0" * 64
PATHS = (
    "/v2/_catalog",
    "/v2/_catalog/",
    "/v2/",
    "/v2/nothing",
    "/v2/{name}/tags/list",
    "/v2/{name}/tags/list/",
    "/v2/{name}/manifests/v1",
    "/v2/{name}/manifests/.x",
    "/v2/{name}/manifests/sha256:abc",
    f"/v2/{{name}}/manifests/sha256:{ZEROS}",
    f"/v2/{{name}}/manifests/{'x' * 1000}",
    "/v2/{name}/manifests/%00",
    f"/v2/{{name}}/blobs/sha256:{ZEROS}",
    "/v2/{name}/blobs/sha256:abc",
    "/v2/{name}/blobs/uploads/unknown",
    f"/v2/{{name}}/referrers/sha256:{ZEROS}",
    "/v2/{name}/referrers/sha256:abc",
    "/v2/{name}/referrers/nothing",
)
NAMES = (
    "team/none",
    "team/App",
    "app",
    f"team/{'a' * 300}",
    "team/%00",
    "team/%ff",
    "a/../b",
    "é/a",
)


METHODS = ("GET", "PUT", "DELETE", "POST", "PATCH", "MOVE")


async def test_errors_have_the_format_of_the_registry(
    anonymous: httpx.AsyncClient, registry: RegistryUnderTest
) -> None:
    names = [f"repository:{name}:pull,push,delete" for name in NAMES if ":" not in name]
    token = sign_registry_token(registry.key, "alice", "registry:catalog:list", *names)
    targets = [
        path.format(name=name) for path in PATHS for name in (NAMES if "{name}" in path else ("",))
    ]
    refused = 0
    for target, method in itertools.product(targets, METHODS):
        for headers in ({}, {"Authorization": f"Bearer {token}"}):
            answer = await anonymous.request(method, target, headers=headers, content=b"{}")
            assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
            assert answer.status_code < 500, (method, target, answer.text)
            if answer.status_code >= 400:
                refused += 1
                assert answer.headers["content-type"] == "application/json"
                (error,) = answer.json()["errors"]
                assert error["code"].isupper()
                assert error["message"]
                assert "docker/registry" not in answer.text
    assert refused > len(targets)
