"""`moorage keys rotate`: new signing keys beside the old ones, so that what was signed before stays good."""

import os
from pathlib import Path

from ops.errors import OpsError
from ops.host.files import write_private
from ops.host.privileges import RunUser
from ops.layout import SERVICES, Layout
from ops.secrets import keys
from ops.secrets.store import publish_session_keys

# The newest signs. The one before is published as long as anything that it signed can be good.
_KEPT = 2


def rotate_token_keys(layout: Layout) -> None:
    """Give each service a new key for registry tokens, under the CA that the registry trusts already.

    The services take it up by themselves within seconds. Raises OpsError without a CA.
    """
    certificate, key = layout.secrets_of("ca") / "ca.pem", layout.secrets_of("ca") / "ca.key"
    if not certificate.is_file() or not key.is_file():
        raise OpsError(
            f"there is no CA in {layout.secrets_of('ca')}: nothing was started with this data yet"
        )
    authority = keys.Authority(certificate=certificate.read_bytes(), key=key.read_bytes())
    for service in SERVICES:
        _add(layout.secrets_of(service) / "token-keys", keys.new_token_key(authority, service))


def rotate_session_keys(layout: Layout) -> None:
    """Make a new key for the JSON API's access tokens and publish its public half; auth signs with it from its next start.

    Raises OpsError when there are no keys yet.
    """
    folder = layout.secrets_of("auth") / "session-keys"
    _add(folder, keys.new_session_key())
    publish_session_keys(layout, _owner(folder))


def _add(folder: Path, pem: bytes) -> None:
    if not folder.is_dir():
        raise OpsError(f"there is no {folder}: nothing was started with this data yet")
    name = f"{keys.stamp()}.pem"
    if (folder / name).exists():
        raise OpsError("the keys were rotated this very second")
    write_private(folder / name, pem, _owner(folder))
    for old in sorted(folder.glob("*.pem"))[:-_KEPT]:
        old.unlink()


def _owner(folder: Path) -> RunUser:
    """Whoever reads the keys that are there reads the new one."""
    status = folder.stat()
    return RunUser(uid=status.st_uid, gid=status.st_gid, drops_root=os.geteuid() == 0)
