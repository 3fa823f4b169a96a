"""`moorage keys rotate`: adds new signing keys, so that earlier tokens stay valid."""

import os
from pathlib import Path

from ops.errors import OpsError
from ops.host.files import write_private
from ops.host.privileges import RunUser
from ops.layout import SERVICES, Layout
from ops.secrets import keys
from ops.secrets.store import publish_session_keys

_KEPT = 2
"""The newest key signs. The key before it is published until its tokens have expired."""


def rotate_token_keys(layout: Layout) -> None:
    """Give each service a new key for registry tokens, under the CA that the registry trusts.

    The services load it within seconds.

    Raises:
        OpsError: There is no CA yet, or the keys were rotated in this second.
    """
    certificate, key = layout.secrets_of("ca") / "ca.pem", layout.secrets_of("ca") / "ca.key"
    if not certificate.is_file() or not key.is_file():
        raise OpsError(
            f"there is no CA in {layout.secrets_of('ca')}:"
            " run `moorage run` or `moorage init` first"
        )
    authority = keys.Authority(certificate=certificate.read_bytes(), key=key.read_bytes())
    for service in SERVICES:
        _add(layout.secrets_of(service) / "token-keys", keys.new_token_key(authority, service))


def rotate_session_keys(layout: Layout) -> None:
    """Add a key for the access tokens of the JSON API, and publish its public key.

    The auth service signs with it from its next start.

    Raises:
        OpsError: There are no keys yet, or the keys were rotated in this second.
    """
    folder = layout.secrets_of("auth") / "session-keys"
    _add(folder, keys.new_session_key())
    publish_session_keys(layout, _owner(folder))


def _add(folder: Path, pem: bytes) -> None:
    if not folder.is_dir():
        raise OpsError(f"there is no {folder}: run `moorage run` or `moorage init` first")
    name = f"{keys.stamp()}.pem"
    if (folder / name).exists():
        raise OpsError("the keys were rotated in this second: wait a second and run it again")
    write_private(folder / name, pem, _owner(folder))
    for old in sorted(folder.glob("*.pem"))[:-_KEPT]:
        old.unlink()


def _owner(folder: Path) -> RunUser:
    """Return the owner of the keys in `folder`, who must be able to read the new key too."""
    status = folder.stat()
    return RunUser(uid=status.st_uid, gid=status.st_gid, drops_root=os.geteuid() == 0)
