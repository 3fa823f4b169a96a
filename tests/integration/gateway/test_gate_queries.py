"""The gate understands each request as the registry does, however its query is written.

MOORAGE_TEST_QUERIES is the number of queries, and MOORAGE_TEST_SEED their seed.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from services.auth.gate.domain import GatedRequest, Kind, find_gated
from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_blobs import push_blob
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import Service, running_service

pytestmark = pytest.mark.registry_versions

QUERIES = int(os.environ.get("MOORAGE_TEST_QUERIES", "400"))
CONTENT = b"a blob to mount and to upload"
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
OTHER = f"sha256:{'0' * 64}"
UPLOADS = "/v2/team/queries/blobs/uploads/"
SOURCE = "team/queries-source"


@pytest.fixture(scope="module")
def auth() -> Iterator[Service]:
    with running_service("auth") as service:
        yield service


@pytest.fixture(scope="module")
def asking(start: Start, auth: Service) -> Gateway:
    return start("gate-queries", auth_address=auth.address)


@pytest.fixture
def chance() -> random.Random:
    seed = os.environ.get("MOORAGE_TEST_SEED") or str(random.SystemRandom().randrange(2**32))
    print(f"MOORAGE_TEST_SEED={seed}")
    return random.Random(seed)


def _disguised(chance: random.Random, text: str) -> str:
    """Return ``text`` with some characters percent-encoded."""
    return "".join(
        f"%{ord(letter):02{chance.choice('xX')}}" if chance.random() < 0.05 else letter
        for letter in text
    )


def _query(chance: random.Random, names: list[str], values: list[str]) -> str:
    junk = [
        "",
        "=",
        "&",
        "%",
        "%zz=1",
        "a=%",
        "%00",
        "x=" + "%41" * 900,
        ";",
        "=x",
        "mount",
        "digest",
    ]
    parts = []
    if chance.random() < 0.25:  # a query that asks for something, before whatever else it says
        for name in dict.fromkeys(names):
            value = SOURCE if name == "from" else values[0]
            parts.append(f"{_disguised(chance, name)}={_disguised(chance, value)}")
        chance.shuffle(parts)
    for _ in range(chance.randrange(1, 6)):
        if chance.random() < 0.2:
            parts.append(chance.choice(junk))
            continue
        value = chance.choice([values[0]] * 4 + values)
        name = chance.choice(names)
        if name == "from":
            value = chance.choice([SOURCE] * 4 + ["", "x", f" {SOURCE}"])
        end = chance.choice([""] * 12 + [";", "%", "+", "%0a", "#", ";x"])
        parts.append(f"{_disguised(chance, name)}={_disguised(chance, value)}{end}")
    separator = chance.choice(["&"] * 9 + [";"])
    return separator.join(parts).replace(" ", "+")


def _understood(auth: Service) -> GatedRequest | None:
    """Return how the gate understands the last request."""
    headers = dict(auth.received[-1]["headers"])
    return find_gated(headers["x-original-method"], headers["x-original-uri"])


def test_gate_and_registry_agree_on_every_query(
    asking: Gateway, auth: Service, tokens: Tokens, chance: random.Random
) -> None:
    token = tokens("team/queries:pull,push", f"{SOURCE}:pull,push")
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    outcomes: Counter[tuple[str, bool]] = Counter()
    with asking.client(headers=bearer) as http:
        assert push_blob(http, SOURCE, CONTENT) == DIGEST
        for _ in range(QUERIES):
            query = _query(
                chance, ["mount", "from", "mount", "from", "digest"], [DIGEST, OTHER, ""]
            )
            status = _send(asking, "POST", f"{UPLOADS}?{query}", token, b"")
            gated = _understood(auth)
            mounted = gated is not None and gated.kind is Kind.MOUNT and _source(gated) == SOURCE
            expected = mounted and gated is not None and gated.digest.hex() in DIGEST
            assert (status == 201) is expected, (query, status, gated)
            outcomes["POST", expected] += 1

            opened = http.post(UPLOADS).headers["location"]
            query = _query(chance, ["digest", "digest", "mount", "Digest"], [DIGEST, OTHER, ""])
            state = httpx.URL(opened).query.decode()
            target = f"{opened.partition('?')[0]}?{state}&{query}"
            status = _send(asking, "PUT", target, token, CONTENT)
            gated = _understood(auth)
            expected = gated is not None and gated.digest.hex() in DIGEST
            assert (status == 201) is expected, (query, status, gated)
            outcomes["PUT", expected] += 1
    print(dict(outcomes))
    assert min(outcomes.values()) > QUERIES / 20
    assert len(outcomes) == 4


def _source(request: GatedRequest) -> str:
    return request.access[1][0]


def _send(gateway: Gateway, method: str, target: str, token: str, body: bytes) -> int:
    if target.startswith("http"):
        target = "/" + target.split("/", 3)[3]
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return gateway.raw(head.encode() + body)[0]
