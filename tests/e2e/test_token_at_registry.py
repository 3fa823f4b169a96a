"""The registry accepts genuine tokens for their access only, and no forged token.

Sources: RFC 7515, RFC 8725.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.kit.http import tokens
from tests.kit.http.accounts import Account, DockerUser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import Image, make_image
from tests.kit.stack.run import Stack

pytestmark = pytest.mark.registry_versions


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """A private repository with an image, and the registry as two Docker users reach it."""

    tenant: Tenant
    repository: str
    image: Image
    granted: Registry
    other: Registry

    @property
    def genuine(self) -> str:
        """A token that allows pulling the image."""
        return self.granted.token(f"repository:{self.repository}:pull")


@pytest.fixture(scope="module")
def scene(admin: Account, stack: Stack) -> Iterator[Scene]:
    """A scene that the tests share and must not change."""

    def credentials(user: DockerUser) -> tuple[str, str]:
        return user.username, user.password

    with admin.make_account() as account:
        tenant, image = make_tenant(account), make_image()
        repository = f"{tenant.private}/app"
        with (
            Registry(stack.url, credentials(tenant.granted)) as granted,
            Registry(stack.url, credentials(tenant.other)) as other,
        ):
            granted.push(image, repository, "v1")
            yield Scene(tenant, repository, image, granted, other)


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


def test_request_without_a_token_is_refused(scene: Scene) -> None:
    repository, digest = scene.repository, scene.image.layers[0].digest
    for path in (
        "",
        f"{repository}/manifests/v1",
        f"{repository}/blobs/{digest}",
        f"{repository}/tags/list",
        "_catalog",
    ):
        assert_refused(scene.granted.http.get(f"/v2/{path}"))
    assert_refused(scene.granted.http.post(f"/v2/{repository}/blobs/uploads/"))


def test_genuine_token_pulls_manifest_and_blob(scene: Scene) -> None:
    answer = scene.granted.manifest(scene.repository, "v1", token=scene.genuine)
    assert answer.status_code == 200
    assert answer.content == scene.image.manifest.content
    blob = scene.granted.blob(scene.repository, scene.image.layers[0].digest, token=scene.genuine)
    assert blob.content == scene.image.layers[0].content


FORGERIES = [
    "none",
    "hs256-public-key",
    "hs256-certificate",
    "foreign-key",
    "foreign-key-genuine-x5c",
    "foreign-key-own-x5c",
    "foreign-key-own-jwk",
    "changed-claims",
    "no-signature",
    "garbage",
]


def forge(kind: str, genuine: str, repository: str) -> str:
    claims = tokens.forged_claims(genuine, repository, ["pull", "push"])
    header, key = tokens.header_of(genuine), ec.generate_private_key(ec.SECP256R1())
    bare = {name: value for name, value in header.items() if name not in ("x5c", "kid")}
    head, _, signature = genuine.split(".")
    match kind:
        case "none":
            return tokens.unsigned(claims, header)
        case "hs256-public-key":
            return tokens.signed_with_public_key(claims, header, tokens.public_pem_of(genuine))
        case "hs256-certificate":
            return tokens.signed_with_public_key(claims, header, header["x5c"][0].encode())
        case "foreign-key":
            return tokens.signed(claims, bare, key)
        case "foreign-key-genuine-x5c":
            return tokens.signed(claims, header, key)
        case "foreign-key-own-x5c":
            return tokens.signed(
                claims, {**bare, "x5c": [tokens.self_signed_certificate(key)]}, key
            )
        case "foreign-key-own-jwk":
            return tokens.signed(claims, {**bare, "jwk": tokens.public_jwk(key)}, key)
        case "changed-claims":
            return ".".join((head, tokens.unsigned(claims, header).split(".")[1], signature))
        case "no-signature":
            return ".".join((*genuine.split(".")[:2], ""))
        case _:
            return "not.a.token"


@pytest.mark.parametrize("kind", FORGERIES)
def test_forged_token_is_refused(scene: Scene, kind: str) -> None:
    token = forge(kind, scene.genuine, scene.repository)
    assert_refused(scene.granted.manifest(scene.repository, "v1", token=token))
    assert_refused(scene.granted.blob(scene.repository, scene.image.layers[0].digest, token=token))
    assert_refused(scene.granted.start_upload(scene.repository, token=token))


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "other audience": {"aud": "someone-else"},
    "no audience": {"aud": ""},
    "other issuer": {"iss": "someone-else"},
    "expired": {"exp": int(time.time()) - 120},
    "not valid yet": {"nbf": int(time.time()) + 86_400},
    "access to another repository": {
        "access": [{"type": "repository", "name": "else/app", "actions": ["pull"]}]
    },
    "access by a prefix": {
        "access": [{"type": "repository", "name": "space", "actions": ["pull"]}]
    },
    "access to any name": {"access": [{"type": "repository", "name": "*", "actions": ["pull"]}]},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_token_with_the_right_key_and_wrong_claims_is_refused(
    scene: Scene, stack: Stack, changes: dict[str, Any]
) -> None:
    key = load_pem_private_key(
        max((stack.data / "secrets" / "auth" / "token-keys").glob("*.pem")).read_bytes(), None
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    genuine = scene.genuine
    claims = tokens.forged_claims(genuine, scene.repository, ["pull"])
    good = tokens.signed(claims, tokens.header_of(genuine), key)
    assert scene.granted.manifest(scene.repository, "v1", token=good).status_code == 200, (
        "the key is the right one"
    )
    bad = tokens.signed({**claims, **changes}, tokens.header_of(genuine), key)
    assert_refused(scene.granted.manifest(scene.repository, "v1", token=bad))


def test_registry_and_json_api_refuse_each_others_tokens(scene: Scene) -> None:
    account = scene.tenant.account
    body = {"username": account.username, "password": account.password}
    session: str = (
        scene.granted.http.post("/api/v1/sessions", json=body)
        .raise_for_status()
        .json()["access_token"]
    )
    assert_refused(scene.granted.manifest(scene.repository, "v1", token=session))
    answer = scene.granted.http.get(
        "/api/v1/namespaces", headers={"Authorization": f"Bearer {scene.genuine}"}
    )
    assert answer.status_code == 401


def test_pull_token_cannot_push_delete_or_pull_another_repository(scene: Scene) -> None:
    genuine, registry = scene.genuine, scene.granted
    assert_refused(registry.start_upload(scene.repository, token=genuine))
    bearer = {"Authorization": f"Bearer {genuine}"}
    manifest = f"/v2/{scene.repository}/manifests/{scene.image.manifest.digest}"
    assert_refused(
        registry.http.put(manifest, content=scene.image.manifest.content, headers=bearer)
    )
    assert registry.http.delete(manifest, headers=bearer).status_code == 403
    assert_refused(registry.http.get("/v2/_catalog", headers=bearer))
    assert_refused(registry.manifest(f"{scene.tenant.private}/web", "v1", token=genuine))


def test_blob_of_a_private_repository_cannot_be_pulled_from_another_repository(
    scene: Scene,
) -> None:
    own = scene.tenant.account.make_namespace()
    scene.tenant.account.grant(own, scene.tenant.other, "push")
    scene.other.push(make_image(), f"{own}/app", "v1")
    token = scene.other.token(f"repository:{own}/app:pull")
    for blob in scene.image.blobs:
        assert scene.other.blob(f"{own}/app", blob.digest, token=token).status_code == 404
        assert_refused(scene.other.blob(scene.repository, blob.digest, token=token))


def test_mount_without_pull_on_the_source_copies_no_blob(scene: Scene) -> None:
    own = scene.tenant.account.make_namespace()
    scene.tenant.account.grant(own, scene.tenant.other, "push")
    target, digest = f"{own}/app", scene.image.layers[0].digest
    # A client that mounts a blob requests both scopes at once. The second is not granted.
    token = scene.other.token(
        f"repository:{target}:pull,push", f"repository:{scene.repository}:pull"
    )
    tried = scene.other.start_upload(
        target, token=token, mount=digest, **{"from": scene.repository}
    )
    assert tried.status_code in (202, 401), "202: a plain upload instead of the mount"
    assert scene.other.blob(target, digest, token=token).status_code == 404


def test_mount_with_pull_on_the_source_copies_the_blob(scene: Scene) -> None:
    source, target = scene.repository, f"{scene.tenant.private}/mounted"
    digest = scene.image.layers[0].digest
    token = scene.granted.token(f"repository:{target}:pull,push", f"repository:{source}:pull")
    mounted = scene.granted.start_upload(target, token=token, mount=digest, **{"from": source})
    assert mounted.status_code == 201
    assert scene.granted.blob(target, digest, token=token).content == scene.image.layers[0].content


@pytest.mark.parametrize(
    "injected",
    [
        'x:pull",scope="repository:{target}',
        "x:pull repository:{target}",
        "../{target}",
        "{target}:pull,push:",
    ],
)
def test_text_injected_into_the_challenge_of_a_mount_grants_nothing(
    scene: Scene, injected: str
) -> None:
    """The registry copies `?from=` unvalidated into the challenge.

    A client that trusts the challenge requests that scope.
    """
    name = injected.format(target=scene.repository)
    challenged = scene.other.http.post(
        f"/v2/{scene.tenant.public}/app/blobs/uploads/",
        params={"mount": scene.image.config.digest, "from": name},
    )
    assert_refused(challenged)
    scope = challenged.headers["WWW-Authenticate"].partition('scope="')[2].rpartition('"')[0]
    auth = scene.tenant.other.credentials
    access = tokens.access_of(tokens.request_token(scene.other.http, scope, auth=auth))
    assert scene.repository not in access
    assert access.get(f"{scene.tenant.public}/app", set()) <= {"pull"}


def test_internal_path_is_not_reachable_through_the_gateway(http: httpx.Client) -> None:
    for path in (
        "/registry-events",
        "/metrics",
        "/readyz",
        "/debug/vars",
        "/debug/pprof/",
        "/v2/../registry-events",
    ):
        assert http.get(path).status_code == 404, path
        assert http.post(path, json={"events": []}).status_code == 404, path


def test_only_the_owner_can_read_the_secrets_of_the_stack(stack: Stack) -> None:
    secret = [path for path in Path(stack.data, "secrets").rglob("*") if path.is_file()]
    assert secret
    for path in [Path(stack.data, "admin-password"), *secret]:
        public = path.suffix == ".pem" and b"PRIVATE" not in path.read_bytes()
        assert public or path.stat().st_mode & 0o077 == 0, path
