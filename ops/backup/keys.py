"""The keys of an installation in a backup, encrypted with age to a recipient.

`age --decrypt` can read the file, too. Passwords of the database are not in it: a restored
installation has new ones.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pyrage

from ops.errors import OpsError
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.layout import SERVICES, Layout

Identity = pyrage.x25519.Identity | pyrage.ssh.Identity
_KEY_FOLDERS = ("token-keys", "session-keys")


def encrypt_keys(layout: Layout, recipients: list[str]) -> bytes:
    """Return the keys, encrypted.

    Raises:
        OpsError: a recipient is not valid, or the keys cannot be read here.
    """
    found = {path: (layout.secrets / path).read_text() for path in _paths(layout)}
    if "ca/ca.key" not in found:
        raise OpsError(f"{layout.secrets} has no keys: leave out --recipient")
    return pyrage.encrypt(json.dumps(found).encode(), [parse_recipient(one) for one in recipients])


def parse_recipient(recipient: str) -> "pyrage.x25519.Recipient | pyrage.ssh.Recipient":
    """Return a public key of age or SSH. Raises OpsError if it is neither."""
    try:
        if recipient.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(recipient)
        return pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise OpsError(
            f"--recipient: {recipient!r} is not a public key: write age1… or ssh-ed25519 …"
        ) from None


def decrypt_keys(encrypted: bytes, identity_file: Path) -> dict[str, str]:
    """Return the keys by their paths below the folder of secrets.

    Raises:
        OpsError: the file has no identity, or not the one of a recipient.
    """
    try:
        content = identity_file.read_bytes()
    except OSError as error:
        raise OpsError(f"--identity: {identity_file}: {error.strerror}") from None
    try:
        if b"PRIVATE KEY" in content:
            identities: list[Identity] = [pyrage.ssh.Identity.from_buffer(content)]
        else:
            identities = [
                pyrage.x25519.Identity.from_str(line.strip())
                for line in content.decode().splitlines()
                if line.startswith("AGE-SECRET-KEY-")
            ]
        decrypted = pyrage.decrypt(encrypted, identities)
    except (pyrage.IdentityError, pyrage.DecryptError, UnicodeDecodeError):
        raise OpsError(
            f"--identity: {identity_file} cannot decrypt the keys of this backup"
        ) from None
    found: dict[str, str] = json.loads(decrypted)
    return found


def write_keys(layout: Layout, found: dict[str, str], user: RunUser) -> None:
    """Replace the keys of the installation. The next start publishes their public parts."""
    private_dir(layout.secrets, user)
    for service in SERVICES:
        for name in _KEY_FOLDERS:
            for stale in (layout.secrets_of(service) / name).glob("*.pem"):
                stale.unlink()
    for path, content in sorted(found.items()):
        place = layout.secrets / path
        parts = place.relative_to(layout.secrets).parts
        if ".." in parts or parts[0] not in ("ca", "registry", *SERVICES):
            raise OpsError(f"the keys of the backup have an unknown file {path}")
        for folder in reversed(place.relative_to(layout.secrets).parents[:-1]):
            private_dir(layout.secrets / folder, user)
        write_private(place, content, user)


def _paths(layout: Layout) -> Iterator[str]:
    fixed = ("ca/ca.key", "ca/ca.pem", "registry/http_secret", "events/events_webhook_secret")
    yield from (path for path in fixed if (layout.secrets / path).is_file())
    for service in SERVICES:
        for name in _KEY_FOLDERS:
            for file in sorted((layout.secrets_of(service) / name).glob("*.pem")):
                yield file.relative_to(layout.secrets).as_posix()
