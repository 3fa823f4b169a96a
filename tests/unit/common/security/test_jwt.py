"""Access tokens of the JSON API: only a genuine, current one is valid."""

from pathlib import Path

import pytest

from libs.common.security.jwt import InvalidToken, SessionVerifier, SigningKey, load_signing_keys
from tests.unit.common.security.key_files import write_key


def _claims(**changes: object) -> dict[str, object]:
    return {"aud": "moorage-api", "iss": "moorage", "exp": 1000, "sid": "s"} | changes


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """Return the signing key of access tokens in ``tmp_path``."""
    write_key(tmp_path, "1")
    return load_signing_keys(tmp_path, typ="at+jwt")[0]


def test_a_valid_access_token_yields_its_claims(tmp_path: Path, key: SigningKey) -> None:
    assert SessionVerifier(tmp_path).verify(key.sign(_claims()), now=999)["sid"] == "s"


@pytest.mark.parametrize("changes", [{"aud": "registry"}, {"iss": "x"}, {"exp": 999}, {"exp": 0}])
def test_a_token_with_a_wrong_claim_is_rejected(
    tmp_path: Path, key: SigningKey, changes: dict[str, object]
) -> None:
    with pytest.raises(InvalidToken):
        SessionVerifier(tmp_path).verify(key.sign(_claims(**changes)), now=999)


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_malformed_token_is_rejected(tmp_path: Path, key: SigningKey, token: str) -> None:
    with pytest.raises(InvalidToken):
        SessionVerifier(tmp_path).verify(token, now=0)


def test_a_token_of_another_key_or_type_is_rejected(tmp_path: Path, key: SigningKey) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_key(other, "1")
    verifier = SessionVerifier(tmp_path)
    for wrong in (load_signing_keys(other, typ="at+jwt")[0], load_signing_keys(tmp_path)[0]):
        with pytest.raises(InvalidToken):
            verifier.verify(wrong.sign(_claims()), now=0)
