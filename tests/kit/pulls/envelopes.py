"""Registry events as Distribution sends them, with fields that a test sets.

Source: Distribution documentation, "Work with notifications".
"""

import uuid
from datetime import UTC, datetime
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
START = 1_795_500_000  # 2026-11-24


def digest_of(name: str) -> str:
    """Return a digest that depends only on ``name``."""
    return f"sha256:{uuid.uuid5(uuid.NAMESPACE_OID, name).hex * 2}"


def event(
    action: str = "pull",
    *,
    at: float = 0.0,
    method: str | None = None,
    repository: str = "team/app",
    tag: str | None = None,
    digest: str = "image",
    media_type: str | None = OCI_MANIFEST,
    user: str = "alice",
    addr: str = "10.0.0.1:32942",
    agent: str = "skopeo/1.9.3",
    request_id: str | None = None,
) -> dict[str, Any]:
    """Return one event, ``at`` seconds after START. ``digest`` is a name for `digest_of`."""
    second = datetime.fromtimestamp(START + int(at), UTC)
    target: dict[str, Any] = {
        "size": 418,
        "digest": digest_of(digest),
        "length": 418,
        "repository": repository,
    }
    if media_type is not None:
        target["mediaType"] = media_type
    if tag is not None:
        target["tag"] = tag
    return {
        "id": str(uuid.uuid4()),
        "timestamp": f"{second:%Y-%m-%dT%H:%M:%S}.{round(at % 1 * 1e9):09}Z",
        "action": action,
        "target": target,
        "request": {
            "id": request_id or str(uuid.uuid4()),
            "addr": addr,
            "host": "127.0.0.1:19001",
            "method": method
            or {"pull": "GET", "push": "PUT", "delete": "DELETE", "mount": "POST"}.get(
                action, "GET"
            ),
            "useragent": agent,
        },
        "actor": {"name": user} if user else {},
        "source": {"addr": "vm:19001", "instanceID": "d14f2d6c"},
    }
