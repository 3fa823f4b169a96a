"""Signing keys rotate without a restart, and a broken directory does not stop signing."""

from pathlib import Path

import pytest

from libs.common.security import keys as signing_keys
from libs.common.security.keys import SigningKeys
from tests.unit.common.security.key_files import write_key


def test_a_new_key_signs_and_the_old_one_stays_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "_CHECK_SECONDS", 0)
    write_key(tmp_path, "1")
    keys = SigningKeys(tmp_path)
    old = keys.newest().public_jwk
    write_key(tmp_path, "2")
    assert keys.newest().public_jwk != old
    assert [key.public_jwk for key in keys.all()][1] == old


def test_loaded_keys_stay_in_use_if_the_new_ones_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "_CHECK_SECONDS", 0)
    write_key(tmp_path, "1")
    keys = SigningKeys(tmp_path)
    before = keys.newest().public_jwk
    (tmp_path / "2.pem").write_text("not a key")
    assert keys.newest().public_jwk == before


def test_a_directory_without_a_key_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no \*\.pem key in"):
        SigningKeys(tmp_path)
