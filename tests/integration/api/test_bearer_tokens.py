"""No service accepts an access token that is forged, expired, or of the wrong kind (RFC 8725)."""

import base64
import dataclasses
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.api.conftest import Keys
from tests.integration.api.installation import PASSWORD, Installation, Person
from tests.integration.api.world import World
from tests.kit.http import tokens

PATHS = ("/api/v1/api-keys", "/api/v1/account", "/api/v1/pulls")
"""One path of each service."""
Forge = Callable[[dict[str, Any], dict[str, Any], ec.EllipticCurvePrivateKey], str]
FORGERIES: dict[str, Forge] = {
    "no algorithm": lambda claims, header, _: tokens.unsigned(claims, header),
    "the forger's key": lambda claims, header, mine: tokens.signed(claims, header, mine),
    "the forger's key in jwk": lambda claims, header, mine: tokens.signed(
        claims, header | {"jwk": tokens.public_jwk(mine)}, mine
    ),
    "the forger's certificate in x5c": lambda claims, header, mine: tokens.signed(
        claims, header | {"x5c": [tokens.self_signed_certificate(mine)]}, mine
    ),
    "an unknown key id": lambda claims, header, mine: tokens.signed(
        claims, header | {"kid": "mine"}, mine
    ),
    "a key id that is a path": lambda claims, header, mine: tokens.signed(
        claims, header | {"kid": "../../etc/passwd"}, mine
    ),
}
CLAIMS: dict[str, dict[str, Any]] = {
    "several audiences": {"aud": ["moorage-api", "moorage"]},
    "the registry's audience": {"aud": "moorage"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "someone"},
    "expired": {"exp": int(time.time()) - 1},
    "no expiry": {"exp": None},
    "an expiry that is not a number": {"exp": "never"},
    "another session": {"sid": str(uuid.uuid4())},
    "a session that is not a UUID": {"sid": "' OR true --"},
    "no session": {"sid": None},
}


async def _answers(installation: Installation, token: str) -> list[int]:
    async with installation.client(token) as client:
        return [(await client.get(path)).status_code for path in PATHS]


@pytest.fixture
async def person(installation: Installation) -> Person:
    """An account whose genuine token all services accept."""
    made = await installation.person()
    assert await _answers(installation, made.token) == [200, 200, 200]
    return made


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_signature_is_refused(
    installation: Installation, person: Person, how: str
) -> None:
    claims, header = tokens.claims_of(person.token), tokens.header_of(person.token)
    forged = FORGERIES[how](claims, header, ec.generate_private_key(ec.SECP256R1()))
    assert await _answers(installation, forged) == [401, 401, 401]


async def test_a_token_signed_with_the_public_key_as_hmac_secret_is_refused(
    installation: Installation, person: Person, api_keys: Keys
) -> None:
    (public,) = (
        path.read_bytes() for path in (api_keys.directory / "session-public-keys").iterdir()
    )
    forged = tokens.signed_with_public_key(
        tokens.claims_of(person.token), tokens.header_of(person.token), public
    )
    assert await _answers(installation, forged) == [401, 401, 401]


@pytest.mark.parametrize("what", CLAIMS)
async def test_wrong_claims_with_a_valid_signature_are_refused(
    installation: Installation, person: Person, what: str
) -> None:
    claims = {
        name: value
        for name, value in (tokens.claims_of(person.token) | CLAIMS[what]).items()
        if value is not None
    }
    assert await _answers(installation, installation.session_key.sign(claims)) == [401, 401, 401]


@pytest.mark.parametrize("typ", ["JWT", "at+jwt; x", None])
async def test_a_token_of_another_type_is_refused(
    installation: Installation, person: Person, typ: str | None
) -> None:
    headers = (
        {**installation.session_key.headers, "typ": typ}
        if typ
        else {"kid": installation.session_key.headers["kid"]}
    )
    key = dataclasses.replace(installation.session_key, headers=headers)
    assert await _answers(installation, key.sign(tokens.claims_of(person.token))) == [401, 401, 401]


async def test_the_json_api_refuses_registry_tokens_refresh_tokens_and_tokens_of_docker_users(
    installation: Installation, world: World
) -> None:
    await installation.database.execute(
        "UPDATE catalog.docker_users SET token_login = true WHERE username = $1", world.docker_user
    )
    async with installation.client() as client:
        query = {"service": "moorage", "offline_token": "true"}
        answer = await client.get(
            "/token", params=query, auth=httpx.BasicAuth(world.docker_user, PASSWORD)
        )
    for token in (answer.json()["token"], answer.json()["refresh_token"], world.token):
        assert await _answers(installation, token) == [401, 401, 401]


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c",
        "..",
        "e30.e30.",
        "[" * 5000,
        '{"a":' * 1500,
        "null",
        '"x"',
        "[]",
        '{"alg":1,"typ":[],"kid":{}}',
    ],
)
async def test_malformed_tokens_are_refused(installation: Installation, text: str) -> None:
    encoded = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for token in (text, f"{encoded}.e30.AAAA", f"{encoded}.{encoded}.{encoded}", f"mak_{text}"):
        assert await _answers(installation, token) == [401, 401, 401]


@pytest.mark.parametrize("header", ["Basic {}", "bearer", "Bearer", "Bearer  ", "Token {}", "{}"])
async def test_a_token_is_ignored_in_a_query_in_a_cookie_or_with_another_scheme(
    installation: Installation, person: Person, header: str
) -> None:
    async with installation.client() as client:
        for path in PATHS:
            answer = await client.get(path, headers={"Authorization": header.format(person.token)})
            assert answer.status_code == 401
        assert (
            await client.get(PATHS[1], params={"access_token": person.token})
        ).status_code == 401
        assert (
            await client.get(PATHS[1], headers={"Cookie": f"access_token={person.token}"})
        ).status_code == 401
