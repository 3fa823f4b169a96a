"""The secrets of an installation, one folder for each part that reads them.

The first start creates the secrets, and later starts find them. A service receives its folder as
SECRETS_DIR. Files have mode 0600 and folders 0700. Each file is written as a whole, so the next
start continues an interrupted first start.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.layout import SERVICES, Layout
from ops.secrets import keys


@dataclass(frozen=True, slots=True)
class Owners:
    """The owners of the secret files: one user for `make run`, several users for containers."""

    services: RunUser
    registry: RunUser
    postgres: RunUser

    @classmethod
    def all(cls, user: RunUser) -> "Owners":
        """Return owners that are all the same user."""
        return cls(services=user, registry=user, postgres=user)

    def of(self, part: str) -> RunUser:
        """Return the owner of the secrets of `part`."""
        return {"registry": self.registry, "postgres": self.postgres}.get(part, self.services)


def ensure_secrets(layout: Layout, owners: Owners) -> None:
    """Create missing keys, certificates, and shared secrets, and keep the others."""
    private_dir(layout.secrets, owners.services)
    for part in ("ca", "owner", "postgres", "registry", *SERVICES):
        private_dir(layout.secrets_of(part), owners.of(part))
    _ensure_text(layout.superuser_password, owners.postgres)
    _ensure_text(layout.secrets_of("registry") / "http_secret", owners.registry)
    webhook = _ensure_text(layout.secrets_of("events") / "events_webhook_secret", owners.services)
    _copy(webhook.encode(), layout.secrets_of("registry") / "webhook_secret", owners.registry)
    _ensure_token_keys(layout, owners)
    _ensure_session_keys(layout, owners.services)


def ensure_database_urls(layout: Layout, owner_url: str, owners: Owners) -> None:
    """Write the owner's URL and the URL of each service's role.

    A service keeps its password; the other parts of its URL are those of the owner's. The roles are
    named `<database>_<service>`, and `moorage migrate` creates them.
    """
    write_private(layout.owner_url, owner_url, owners.services)
    parts = urlsplit(owner_url)
    database = unquote(parts.path.lstrip("/"))
    address = parts.netloc.rpartition("@")[2]
    for service in SERVICES:
        file = layout.database_url_of(service)
        password = password_in(file) or new_password()
        netloc = f"{quote(f'{database}_{service}', safe='')}:{quote(password, safe='')}@{address}"
        _copy(urlunsplit(parts._replace(netloc=netloc)).encode(), file, owners.services)


def password_in(url_file: Path) -> str | None:
    """Return the password of the URL in the file, or None if there is no file or password."""
    if not url_file.is_file():
        return None
    password = urlsplit(url_file.read_text().strip()).password
    return unquote(password) if password else None


def new_password() -> str:
    """Return 256 random bits as text that needs no quoting in a URL."""
    return secrets.token_urlsafe(32)


def _ensure_text(file: Path, user: RunUser) -> str:
    if not file.is_file():
        write_private(file, new_password(), user)
    user.own(file)
    return file.read_text()


def _copy(content: bytes, file: Path, user: RunUser) -> None:
    if not file.is_file() or file.read_bytes() != content:
        write_private(file, content, user)
    user.own(file)


def _ensure_token_keys(layout: Layout, owners: Owners) -> None:
    certificate, key = layout.secrets_of("ca") / "ca.pem", layout.secrets_of("ca") / "ca.key"
    # The certificate is written after its key, so it never exists alone.
    is_new = not certificate.is_file()
    if is_new:
        authority = keys.new_authority()
        write_private(key, authority.key, owners.services)
        write_private(certificate, authority.certificate, owners.services)
    authority = keys.Authority(certificate=certificate.read_bytes(), key=key.read_bytes())
    for part in ("registry", "catalog", "auth"):  # they verify the tokens of clients
        _copy(authority.certificate, layout.secrets_of(part) / "token_ca.pem", owners.of(part))
    for service in SERVICES:
        folder = private_dir(layout.secrets_of(service) / "token-keys", owners.services)
        if is_new:  # The registry refuses keys under an earlier CA.
            for stale in folder.glob("*.pem"):
                stale.unlink()
        if not any(folder.glob("*.pem")):
            write_private(
                folder / f"{keys.stamp()}.pem",
                keys.new_token_key(authority, service),
                owners.services,
            )


def _ensure_session_keys(layout: Layout, user: RunUser) -> None:
    private = private_dir(layout.secrets_of("auth") / "session-keys", user)
    if not any(private.glob("*.pem")):
        write_private(private / f"{keys.stamp()}.pem", keys.new_session_key(), user)
    publish_session_keys(layout, user)


def publish_session_keys(layout: Layout, user: RunUser) -> None:
    """Write the public keys of sessions for catalog and events.

    Each has the file name of its private key. Only the auth service can read the private keys.
    """
    private = layout.secrets_of("auth") / "session-keys"
    published = {file.name: keys.public_pem(file.read_bytes()) for file in private.glob("*.pem")}
    for service in ("catalog", "events"):
        folder = private_dir(layout.secrets_of(service) / "session-public-keys", user)
        for name, content in published.items():
            _copy(content, folder / name, user)
        for retired in folder.glob("*.pem"):
            if retired.name not in published:
                retired.unlink()
