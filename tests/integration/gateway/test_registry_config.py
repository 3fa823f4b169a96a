"""Distribution's configuration: which events it sends, and which secrets it does not log."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.integration.gateway.conftest import WEBHOOK_SECRET, Start, Tokens
from tests.integration.gateway.test_gateway_blobs import push_blob
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import Service
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def manifest(config: str, layers: list[dict[str, Any]]) -> bytes:
    described = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": config,
        "size": 2,
    }
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": layers}
    ).encode()


def events_of(service: Service, repository: str) -> list[dict[str, Any]]:
    bodies = [seen["body"] for seen in service.received if seen["path"] == "/registry-events"]
    events = [event for body in bodies for event in json.loads(body)["events"]]
    return [event for event in events if event["target"]["repository"] == repository]


def test_registry_sends_events_of_manifests_with_the_secret_and_none_of_blobs(
    registry: Distribution, gateway: Gateway, services: dict[str, Service], tokens: Tokens
) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    with gateway.client(
        source="127.0.0.9",
        headers={"Authorization": f"Bearer {tokens('team/events:pull,push')}", **forwarded},
    ) as http:
        body = manifest(push_blob(http, "team/events", b"{}"), [])
        _put(registry, "/v2/team/events/manifests/v1", body, dict(http.headers))
        http.get(
            f"/v2/team/events/blobs/sha256:{hashlib.sha256(b'{}').hexdigest()}"
        ).raise_for_status()
        http.get("/v2/team/events/manifests/v1", headers={"Accept": MANIFEST}).raise_for_status()
    seen = eventually(
        lambda: events_of(services["events"], "team/events"),
        lambda events: len(events) >= 2,
        within=10,
        what="two events",
    )
    assert [
        (event["action"], event["target"]["mediaType"], event["target"]["tag"]) for event in seen
    ] == [
        ("push", MANIFEST, "v1"),
        ("pull", MANIFEST, "v1"),
    ]
    assert {event["actor"]["name"] for event in seen} == {"alice"}
    assert {event["request"]["addr"] for event in seen} == {"203.0.113.7"}
    sent = [
        dict(seen["headers"])["authorization"]
        for seen in services["events"].received
        if seen["path"] == "/registry-events"
    ]
    assert set(sent) == {f"Bearer {WEBHOOK_SECRET}"}


def test_registry_log_contains_no_secret(
    registry: Distribution, gateway: Gateway, tokens: Tokens
) -> None:
    token = tokens("team/app:pull")
    with gateway.client() as http:
        http.get("/v2/team/app/manifests/none", headers={"Authorization": f"Bearer {token}"})
        http.get("/v2/team/other/manifests/none", headers={"Authorization": f"Bearer {token}"})
    log = registry.log.read_text()
    assert token not in log
    assert WEBHOOK_SECRET not in log
    assert "upload-state-secret" not in log
    assert token not in gateway.error_log


def test_manifest_can_be_deleted(registry: Distribution, tokens: Tokens) -> None:
    token = {"Authorization": f"Bearer {tokens('team/del:pull,push,delete')}"}
    with httpx.Client(
        base_url=f"http://{registry.address}", headers=token, trust_env=False
    ) as http:
        body = manifest(push_blob(http, "team/del", b"{}"), [])
        put = _put(registry, "/v2/team/del/manifests/v1", body, token)
        digest = put.headers["docker-content-digest"]
        assert http.delete(f"/v2/team/del/manifests/{digest}").status_code == 202
        assert (
            http.get("/v2/team/del/manifests/v1", headers={"Accept": MANIFEST}).status_code == 404
        )


def _put(registry: Distribution, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Put a manifest as the catalog does: directly."""
    return httpx.put(
        f"http://{registry.address}{path}",
        content=body,
        headers={**headers, "Content-Type": MANIFEST},
        trust_env=False,
    ).raise_for_status()


@pytest.mark.parametrize("address", ["/debug/vars", "/metrics", "/debug/health"])
def test_debug_path_is_not_reachable_through_the_gateway(
    registry: Distribution, start: Start, address: str
) -> None:
    with start(f"debug{address.replace('/', '-')}").client() as http:
        assert http.get(address).status_code == 404
