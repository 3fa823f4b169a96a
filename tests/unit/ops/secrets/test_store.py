"""Secrets are created once, are private, and match each other."""

import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ops.host.privileges import RunUser, run_user
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets

OWNER = "postgresql://moorage:p%40ss@127.0.0.1:20001/moorage"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture
def user(tmp_path: Path) -> RunUser:
    return run_user([tmp_path])


def _contents(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


def test_every_secret_is_private_and_belongs_to_the_run_user(layout: Layout, user: RunUser) -> None:
    ensure_secrets(layout, Owners.all(user))
    ensure_database_urls(layout, OWNER, Owners.all(user))
    for path in layout.secrets.rglob("*"):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == (0o700 if path.is_dir() else 0o600), path
        assert status.st_uid == user.uid, path


def test_a_second_start_changes_no_secret(layout: Layout, user: RunUser) -> None:
    for _ in range(2):
        ensure_secrets(layout, Owners.all(user))
        ensure_database_urls(layout, OWNER, Owners.all(user))
    before = _contents(layout.secrets)
    ensure_secrets(layout, Owners.all(user))
    ensure_database_urls(layout, OWNER, Owners.all(user))
    assert _contents(layout.secrets) == before


def test_each_service_has_its_own_token_key_under_the_same_ca(
    layout: Layout, user: RunUser
) -> None:
    ensure_secrets(layout, Owners.all(user))
    authority = x509.load_pem_x509_certificate(
        (layout.secrets_of("registry") / "token_ca.pem").read_bytes()
    )
    for service in ("auth", "catalog"):
        copy = layout.secrets_of(service) / "token_ca.pem"
        assert x509.load_pem_x509_certificate(copy.read_bytes()) == authority
    leaves = set()
    for service in SERVICES:
        (pem,) = (layout.secrets_of(service) / "token-keys").glob("*.pem")
        leaf = x509.load_pem_x509_certificate(pem.read_bytes())
        leaf.verify_directly_issued_by(authority)
        key = serialization.load_pem_private_key(pem.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.public_key() == leaf.public_key()
        leaves.add(leaf.serial_number)
    assert len(leaves) == 3


def test_only_auth_has_private_session_keys(layout: Layout, user: RunUser) -> None:
    ensure_secrets(layout, Owners.all(user))
    (private,) = (layout.secrets_of("auth") / "session-keys").glob("*.pem")
    for service in ("catalog", "events"):
        public = layout.secrets_of(service) / "session-public-keys" / private.name
        assert b"PRIVATE" not in public.read_bytes()
        assert not (layout.secrets_of(service) / "session-keys").exists()


def test_registry_and_events_share_the_webhook_secret(layout: Layout, user: RunUser) -> None:
    ensure_secrets(layout, Owners.all(user))
    shared = (layout.secrets_of("events") / "events_webhook_secret").read_text()
    assert (layout.secrets_of("registry") / "webhook_secret").read_text() == shared
    assert len(shared) >= 32


def test_the_next_start_continues_an_interrupted_first_start(layout: Layout, user: RunUser) -> None:
    ensure_secrets(layout, Owners.all(user))
    (layout.secrets_of("ca") / "ca.pem").unlink()
    ensure_secrets(layout, Owners.all(user))
    authority = x509.load_pem_x509_certificate(
        (layout.secrets_of("registry") / "token_ca.pem").read_bytes()
    )
    for service in SERVICES:
        (pem,) = (layout.secrets_of(service) / "token-keys").glob("*.pem")
        x509.load_pem_x509_certificate(pem.read_bytes()).verify_directly_issued_by(authority)


def test_database_urls_keep_passwords_and_follow_the_port(layout: Layout, user: RunUser) -> None:
    ensure_secrets(layout, Owners.all(user))
    ensure_database_urls(layout, OWNER, Owners.all(user))
    first = urlsplit(layout.database_url_of("auth").read_text())
    ensure_database_urls(
        layout, OWNER.replace("20001", "20002") + "?sslmode=disable", Owners.all(user)
    )
    second = urlsplit(layout.database_url_of("auth").read_text())
    assert first.username == second.username == "moorage_auth"
    assert first.password == second.password
    assert (first.port, second.port, second.query) == (20001, 20002, "sslmode=disable")
    assert "p%40ss" not in layout.database_url_of("auth").read_text()
