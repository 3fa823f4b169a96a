"""A token that expires between the layers and the manifest of a push does not fail the push."""

from __future__ import annotations

import json
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from libs.common.registry.token_verification import LEEWAY_SECONDS
from libs.common.security.jwt import SigningKey, load_signing_keys
from tests.kit.clients.base import NewClient
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tampering import running_proxy
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import claims_of
from tests.kit.images import make_image
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions

LIFETIME_SECONDS = 3
CLIENTS_ASSUME_SECONDS = 60
"""Clients believe in no shorter lifetime of a token."""


@pytest.fixture
def key(stack: Stack) -> SigningKey:
    """A key that the registry and the catalog trust."""
    return load_signing_keys(stack.data / "secrets" / "auth" / "token-keys")[0]


def expiring(key: SigningKey, token: str, *, seconds: float) -> str:
    """Return ``token``, but no service accepts it any more after ``seconds``."""
    claims = claims_of(token)
    expires = int(time.time() + seconds) - LEEWAY_SECONDS
    return key.sign({**claims, "exp": expires, "nbf": expires - 600, "iat": expires - 600})


def test_client_gets_a_new_token_for_the_manifest(
    stack: Stack, shared_tenant: Tenant, key: SigningKey, new_client: NewClient
) -> None:
    repository, image = f"{shared_tenant.private}/{unique('app')}", make_image()
    expired = threading.Event()

    def answer(request: httpx.Request, response: httpx.Response) -> bytes:
        """Shorten each token; hold back the last answer about a layer until it has expired."""
        if request.url.path == "/token" and response.status_code == 200:
            body = response.json()
            if repository not in json.dumps(claims_of(body["token"])["access"]):
                return response.content
            token = expiring(key, body["token"], seconds=LIFETIME_SECONDS)
            age = timedelta(seconds=CLIENTS_ASSUME_SECONDS - LIFETIME_SECONDS)
            issued = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
            changed = {"token": token, "access_token": token, "issued_at": issued}
            return json.dumps(body | changed | {"expires_in": CLIENTS_ASSUME_SECONDS}).encode()
        if request.method == "PUT" and image.config.hex in str(request.url):
            time.sleep(LIFETIME_SECONDS + 1)
            expired.set()
        return response.content

    with running_proxy(stack.url) as proxy:
        proxy.answer = answer
        client = new_client().logged_in(proxy.registry, shared_tenant.granted)
        client.push(image, f"{proxy.registry}/{repository}:v1").checked()
        assert expired.is_set()
        paths = [path for _, path, _ in proxy.seen]
        manifest = max(i for i, path in enumerate(paths) if "/manifests/v1" in path)
        uploaded = max(i for i, path in enumerate(paths) if "digest=" in path)
        assert any(path.startswith("/token") for path in paths[uploaded:manifest]), proxy.seen
    assert "v1" in shared_tenant.account.tags(repository)


@pytest.mark.parametrize("case", ["none", "garbage", "expired", "pull only", "other repository"])
def test_challenge_to_a_push_is_that_of_the_registry(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry, key: SigningKey, case: str
) -> None:
    repository = f"{shared_tenant.private}/app"
    genuine = shared_registry.token(f"repository:{repository}:pull,push")
    token = {
        "none": None,
        "garbage": "x.y.z",
        "expired": expiring(key, genuine, seconds=-1),
        "pull only": shared_registry.token(f"repository:{repository}:pull"),
        "other repository": shared_registry.token(
            f"repository:{shared_tenant.private}/other:pull,push"
        ),
    }[case]
    image = make_image()
    request = {
        "content": image.manifest.content,
        "headers": {"Content-Type": image.manifest.media_type}
        | ({} if token is None else {"Authorization": f"Bearer {token}"}),
    }
    configuration = (stack.data / "run" / "nginx.conf").read_text()
    address = re.search(r"upstream moorage_registry \{\s*server (\S+);", configuration)
    assert address is not None
    path = f"/v2/{repository}/manifests/v1"
    direct = httpx.put(f"http://{address[1]}{path}", trust_env=False, **request)  # type: ignore[arg-type]
    admitted = shared_registry.http.put(path, **request)  # type: ignore[arg-type]
    assert admitted.status_code == direct.status_code == 401
    assert _errors(admitted) == _errors(direct)
    # Distribution lists the required actions in any order.
    expected = direct.headers["WWW-Authenticate"].replace(":push,pull", ":pull,push")
    assert admitted.headers.get_list("WWW-Authenticate") == [
        re.sub(r'realm="[^"]*"', f'realm="{stack.url}/token"', expected)
    ]
    assert admitted.headers.get_list("Docker-Distribution-Api-Version") == ["registry/2.0"]
    assert admitted.headers["Content-Type"].partition(";")[0] == "application/json"


def _errors(answer: httpx.Response) -> object:
    """Return the error, with the required actions in their order."""
    (error,) = answer.json()["errors"]
    return error | {"detail": sorted(error["detail"], key=lambda access: access["Action"])}
