"""The registry stores every manifest that the strict parser accepts, unusual ones included."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from libs.common.registry.admission import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    parse_for_admission,
)
from libs.common.registry.error_format import ManifestInvalid
from libs.common.registry.foreign_urls import DEFAULT_FOREIGN_LAYER_URLS, ForeignPrefix
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.http.tokens import sign_registry_token

pytestmark = pytest.mark.registry_versions

REPOSITORY = "team/strict"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
URL = "https://go.microsoft.com/fwlink/?linkid=860052"
CONFIG, BLOB = b"{}", b"layer"


def descriptor(content: bytes, media_type: str = LAYER, **more: Any) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": media_type, "digest": digest, "size": len(content), **more}


def manifest(media_type: str = OCI_MANIFEST, **changes: Any) -> dict[str, Any]:
    value = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(CONFIG, "application/vnd.oci.image.config.v1+json"),
        "layers": [descriptor(BLOB)],
    }
    return {key: item for key, item in (value | changes).items() if item is not ...}


def index(media_type: str = OCI_INDEX, **changes: Any) -> dict[str, Any]:
    child = json.dumps(manifest()).encode()
    platform = {"os": "linux", "architecture": "amd64", "os.features": None, "features": None}
    value = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [descriptor(child, OCI_MANIFEST, platform=platform)],
    }
    return {key: item for key, item in (value | changes).items() if item is not ...}


ACCEPTED: dict[str, tuple[dict[str, Any], str]] = {
    "image": (manifest(), OCI_MANIFEST),
    "docker image": (manifest(DOCKER_MANIFEST), DOCKER_MANIFEST),
    "index": (index(), OCI_INDEX),
    "docker list": (index(DOCKER_LIST), DOCKER_LIST),
    "no layers": (manifest(layers=[]), OCI_MANIFEST),
    "layers are null": (manifest(layers=None), OCI_MANIFEST),
    "layers are missing": (manifest(layers=...), OCI_MANIFEST),
    "docker layers are null": (manifest(DOCKER_MANIFEST, layers=None), DOCKER_MANIFEST),
    "one layer twice": (manifest(layers=[descriptor(BLOB)] * 2), OCI_MANIFEST),
    "no media type": (manifest(mediaType=...), OCI_MANIFEST),
    "empty media type": (manifest(mediaType=""), OCI_MANIFEST),
    "index without media type": (index(mediaType=...), OCI_INDEX),
    "null members": (manifest(annotations=None, subject=None, manifests=None), OCI_MANIFEST),
    "null members of an index": (index(annotations=None, layers=None, config=None), OCI_INDEX),
    "layer without media type": (manifest(layers=[descriptor(BLOB, "")]), OCI_MANIFEST),
    "layer with data": (manifest(layers=[descriptor(BLOB, data="bGF5ZXI=")]), OCI_MANIFEST),
    "unknown members": (manifest(x={"LAYERS": [1.5, None]}), OCI_MANIFEST),
    "annotations": (manifest(annotations={"Layers": "x", "layers": ""}), OCI_MANIFEST),
    "subject": (manifest(subject=descriptor(b"x", OCI_MANIFEST)), OCI_MANIFEST),
    "artifact type": (manifest(artifactType="a/b"), OCI_MANIFEST),
    "empty index": (index(manifests=[]), OCI_INDEX),
    "parameters": (manifest(), f"{OCI_MANIFEST}; charset=utf-8"),
    "upper case Content-Type": (manifest(), OCI_MANIFEST.upper()),
    "foreign layer": (
        manifest(DOCKER_MANIFEST, layers=[descriptor(b"elsewhere", FOREIGN, urls=[URL])]),
        DOCKER_MANIFEST,
    ),
    "empty urls": (manifest(layers=[descriptor(BLOB, urls=[])]), OCI_MANIFEST),
    "64 levels": (manifest(x=json.loads("[" * 63 + "]" * 63)), OCI_MANIFEST),
}
REFUSED_BY_BOTH: dict[str, tuple[dict[str, Any], str]] = {
    "config is missing": (manifest(config=...), OCI_MANIFEST),
    "docker config is missing": (manifest(DOCKER_MANIFEST, config=...), DOCKER_MANIFEST),
    "docker image without media type": (manifest(mediaType=...), DOCKER_MANIFEST),
    "docker list without media type": (index(mediaType=...), DOCKER_LIST),
    "other media type": (manifest(), DOCKER_MANIFEST),
    "index as image": (index(), OCI_MANIFEST),
    "image with manifests": (manifest(manifests=[descriptor(BLOB)]), OCI_MANIFEST),
    "index with layers": (index(layers=[descriptor(BLOB)]), OCI_INDEX),
    "schema version 1": (manifest(schemaVersion=1), OCI_MANIFEST),
    "no schema version": (manifest(schemaVersion=...), OCI_MANIFEST),
    "size is a float": (manifest(layers=[descriptor(BLOB) | {"size": 5.0}]), OCI_MANIFEST),
    "size is text": (manifest(layers=[descriptor(BLOB) | {"size": "5"}]), OCI_MANIFEST),
    "annotation is a number": (manifest(annotations={"a": 1}), OCI_MANIFEST),
    "platform is text": (index(manifests=[descriptor(b"", platform="x")]), OCI_INDEX),
    "layer is null": (manifest(layers=[None]), OCI_MANIFEST),
    "digest in upper case": (
        manifest(layers=[descriptor(BLOB) | {"digest": "sha256:" + "A" * 64}]),
        OCI_MANIFEST,
    ),
    "unknown Content-Type": (manifest(), "application/json"),
    "artifact manifest": (
        manifest("application/vnd.oci.artifact.manifest.v1+json"),
        "application/vnd.oci.artifact.manifest.v1+json",
    ),
}


@pytest.fixture(scope="module")
def http(registry: RegistryUnderTest) -> Any:
    token = sign_registry_token(registry.key, "alice", f"repository:{REPOSITORY}:pull,push")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=registry.url, headers=headers, trust_env=False) as client:
        for content in (CONFIG, BLOB):
            opened = client.post(f"/v2/{REPOSITORY}/blobs/uploads/").raise_for_status()
            digest = descriptor(content)["digest"]
            location = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": digest})
            client.put(location, content=content).raise_for_status()
        put(client, *ACCEPTED["image"]).raise_for_status()
        yield client


def put(http: httpx.Client, value: dict[str, Any], content_type: str) -> httpx.Response:
    return http.put(
        f"/v2/{REPOSITORY}/manifests/v1",
        content=json.dumps(value).encode(),
        headers={"Content-Type": content_type},
    )


def is_accepted(value: dict[str, Any], content_type: str) -> bool:
    prefixes = [ForeignPrefix.parse(text) for text in DEFAULT_FOREIGN_LAYER_URLS]
    content = json.dumps(value).encode()
    try:
        parse_for_admission(content, content_type=content_type, foreign_urls=prefixes)
    except ManifestInvalid:
        return False
    return True


@pytest.mark.parametrize("name", ACCEPTED)
def test_registry_stores_what_the_strict_parser_accepts(http: httpx.Client, name: str) -> None:
    assert is_accepted(*ACCEPTED[name])
    answer = put(http, *ACCEPTED[name])
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", REFUSED_BY_BOTH)
def test_strict_parser_refuses_what_the_registry_refuses(http: httpx.Client, name: str) -> None:
    assert not is_accepted(*REFUSED_BY_BOTH[name])
    assert put(http, *REFUSED_BY_BOTH[name]).status_code >= 400
