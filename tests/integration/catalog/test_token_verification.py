"""The catalog verifies tokens, and challenges clients, as the registry does."""

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from libs.common.registry.error_format import Unauthorized, unauthorized_detail
from libs.common.registry.token_verification import Challenged, RegistryTokenVerifier, challenge
from libs.common.security.jwt import load_signing_keys
from ops.secrets import keys
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.http import tokens
from tests.kit.sessions import Secrets

pytestmark = pytest.mark.registry_versions

REPOSITORY = "team/verified"
ACTIONS = ("pull", "push")
NO_ERROR_IN_3 = {"other key", "float exp", "access is an object", "actions are text"}
"""Distribution 3.1.1 writes no error for these invalid tokens, as if there were none."""

REALM = "http://gateway.invalid/token"


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    access = [{"type": "repository", "name": REPOSITORY, "actions": list(ACTIONS)}]
    valid = {"iss": "moorage", "sub": "alice", "aud": "moorage", "nbf": now, "exp": now + 300}
    changed = {**valid, "access": access, **changes}
    return {key: value for key, value in changed.items() if value is not ...}


def access(**changes: Any) -> dict[str, Any]:
    entry = {"type": "repository", "name": REPOSITORY, "actions": list(ACTIONS), **changes}
    return claims(access=[entry])


def headers_of(registry: RegistryUnderTest) -> dict[str, str | None]:
    """Return headers ``Authorization``, by the reason why they are accepted or refused."""
    now = int(time.time())
    sign = registry.key.sign
    genuine = sign(claims())
    header = tokens.header_of(genuine)
    forger = ec.generate_private_key(ec.SECP256R1())
    own = tokens.self_signed_certificate(forger)
    signed = {
        "genuine": claims(),
        "expired": claims(exp=now - 70),
        "expired within the leeway": claims(exp=now - 30),
        "not yet valid": claims(nbf=now + 90),
        "not yet valid within the leeway": claims(nbf=now + 30),
        "no exp": claims(exp=...),
        "float exp": claims(exp=now + 300.5),
        "other issuer": claims(iss="other"),
        "other audience": claims(aud="other"),
        "no access": claims(access=[]),
        "access missing": claims(access=...),
        "access is an object": claims(access={}),
        "actions are text": access(actions="pull,push"),
        "pull only": access(actions=["pull"]),
        "wildcard": access(actions=["*"]),
        "upper case": access(name="Team/verified"),
        "other repository": access(name="team/other"),
        "wildcard name": access(name="*"),
        "class": access(type="repository(plugin)"),
        "subject missing": claims(sub=...),
    }
    forged = {
        "none": tokens.unsigned(claims(), header),
        "HS256": tokens.signed_with_public_key(claims(), header, tokens.public_pem_of(genuine)),
        "other key": tokens.signed(claims(), header, forger),
        "other certificate": tokens.signed(claims(), {**header, "x5c": [own]}, forger),
        "certificate of another CA": _foreign_key().sign(claims()),
        "jwk": tokens.signed(claims(), {"typ": "JWT", "jwk": tokens.public_jwk(forger)}, forger),
        "garbage": "garbage",
    }
    bearer = {name: sign(value) for name, value in signed.items()} | forged
    return {
        "missing": None,
        "basic": "Basic YTpi",
        "lower case": f"bearer {genuine}",
        **{name: f"Bearer {token}" for name, token in bearer.items()},
    }


def _foreign_key() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        pem = keys.new_token_key(keys.new_authority(), "auth")
        (Path(folder) / "1.pem").write_bytes(pem)
        return load_signing_keys(Path(folder))[0]


def normal(header: str) -> tuple[str, set[str]]:
    """Return the header without its actions, which Distribution writes in any order, and these."""
    match = re.search(r":([a-z,]+)\"", header)
    assert match is not None, header
    return header.replace(match[0], ':…"'), set(match[1].split(","))


def test_catalog_and_registry_agree_on_every_token(
    registry: RegistryUnderTest, catalog_secrets: Secrets, tmp_path: Path
) -> None:
    ca = tmp_path / "token_ca.pem"
    ca.write_bytes(catalog_secrets.authority.certificate)
    verifier = RegistryTokenVerifier(ca, issuer="moorage", service="moorage")
    for reason, header in headers_of(registry).items():
        answer = httpx.put(
            f"{registry.url}/v2/{REPOSITORY}/manifests/v1",
            content=b"{}",
            headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
            | ({} if header is None else {"Authorization": header}),
        )
        try:
            verifier.verify(header, REPOSITORY, *ACTIONS)
        except Challenged as challenged:
            assert answer.status_code == 401, reason
            ours = challenge(
                REPOSITORY, ACTIONS, service="moorage", realm=REALM, error=challenged.error
            )
            theirs_header = answer.headers["WWW-Authenticate"]
            if reason in NO_ERROR_IN_3 and "error=" not in theirs_header:
                ours = ours.partition(",error=")[0]
            assert normal(theirs_header) == normal(ours), reason
            body = Unauthorized(detail=unauthorized_detail(REPOSITORY, ACTIONS)).body
            (theirs,) = answer.json()["errors"]
            theirs["detail"].sort(key=lambda item: item["Action"])
            assert theirs == body["errors"][0], reason
        else:
            assert answer.status_code in (400, 500), (
                reason,
                answer.text,
            )  # authorized, but no manifest
