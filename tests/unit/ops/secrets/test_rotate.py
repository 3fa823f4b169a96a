"""Key rotation: new keys sign, and the keys before them stay published."""

from pathlib import Path

import pytest
from cryptography import x509

from libs.common.security.jwt import load_signing_keys
from ops.errors import OpsError
from ops.host.privileges import run_user
from ops.layout import SERVICES, Layout
from ops.secrets import keys, rotate
from ops.secrets.store import Owners, ensure_secrets


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The secrets of a first start. Each key has its own second."""
    seconds = iter(range(100))
    monkeypatch.setattr(keys, "stamp", lambda: f"20260101T0000{next(seconds):02}Z")
    layout = Layout(tmp_path)
    ensure_secrets(layout, Owners.all(run_user([tmp_path])))
    return layout


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.pem"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_new_token_key_has_the_same_ca_and_the_old_key_stays(
    layout: Layout, service: str
) -> None:
    folder = layout.secrets_of(service) / "token-keys"
    (before,) = load_signing_keys(folder)
    rotate.rotate_token_keys(layout)
    newest, older = load_signing_keys(folder)
    assert older.public_jwk == before.public_jwk
    assert newest.public_jwk != before.public_jwk
    authority = x509.load_pem_x509_certificate(
        (layout.secrets_of("registry") / "token_ca.pem").read_bytes()
    )
    x509.load_pem_x509_certificate(
        (folder / names(folder)[-1]).read_bytes()
    ).verify_directly_issued_by(authority)


def test_two_token_keys_are_kept_and_new_keys_have_the_same_owner(layout: Layout) -> None:
    folder = layout.secrets_of("auth") / "token-keys"
    owner, first = folder.stat().st_uid, names(folder)
    for _ in range(3):
        rotate.rotate_token_keys(layout)
    assert len(names(folder)) == 2
    assert first[0] not in names(folder)
    assert {file.stat().st_uid for file in folder.iterdir()} == {owner}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_start_after_a_rotation_changes_no_key(layout: Layout) -> None:
    rotate.rotate_token_keys(layout)
    rotate.rotate_session_keys(layout)
    before = {file: file.read_bytes() for file in layout.secrets.rglob("*.pem")}
    ensure_secrets(layout, Owners.all(run_user([layout.root])))
    assert {file: file.read_bytes() for file in layout.secrets.rglob("*.pem")} == before


def test_only_the_public_key_of_a_new_session_key_is_published(
    layout: Layout,
) -> None:
    rotate.rotate_session_keys(layout)
    private = layout.secrets_of("auth") / "session-keys"
    assert len(names(private)) == 2
    for service in ("catalog", "events"):
        public = layout.secrets_of(service) / "session-public-keys"
        assert names(public) == names(private)
        assert all(b"PRIVATE" not in file.read_bytes() for file in public.iterdir())


def test_a_rotation_without_an_installation_is_an_error(tmp_path: Path) -> None:
    for rotation in (rotate.rotate_token_keys, rotate.rotate_session_keys):
        with pytest.raises(OpsError, match=r"run `moorage run` or `moorage init` first"):
            rotation(Layout(tmp_path))
