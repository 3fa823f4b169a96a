"""Prepares an installation that does not run, and restores a backup into it."""

from contextlib import ExitStack
from pathlib import Path

from ops.backup import database
from ops.backup.archive import Backup, read_backup
from ops.backup.keys import decrypt_keys, write_keys
from ops.backup.places import open_place, open_storage, storage_settings
from ops.backup.restore import Restored, restore
from ops.backup.transport.files import Files
from ops.backup.transport.progress import Bars
from ops.backup.transport.streams import read_checked
from ops.db.postgres import binaries
from ops.db.roles import service_roles
from ops.errors import OpsError
from ops.host.files import private_dir
from ops.host.lock import only_run
from ops.host.privileges import RunUser, run_user
from ops.layout import Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from ops.settings import load_run_settings


async def restore_installation(
    layout: Layout, source: str, id: str | None, identity: Path | None
) -> Restored:
    """Restore a backup into an installation.

    Raises:
        OpsError: the installation runs or is not empty, or the backup cannot be used.
    """
    settings = load_run_settings()
    place = open_place(source, must_exist=True)
    backup = await read_backup(place, id)
    keys = await _read_keys(place, backup, identity)
    layout.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_own = database.has_own_server(layout, settings)
    # `moorage init` has prepared the secrets, for several users.
    is_container = not is_own and settings.database_url is None
    if is_container and identity is not None:
        raise OpsError(
            "--identity: the keys are in volumes of several containers; leave the option out, and"
            " put them there with the program age"
        )
    user = run_user([layout.root, *([binaries()] if is_own else [])], data=layout.root)
    with ExitStack() as stack, Bars() as bars:
        stack.enter_context(only_run(layout))
        owners = Owners.all(user)
        if not is_container:
            private_dir(layout.root, user)
            private_dir(layout.registry, user)
            ensure_secrets(layout, owners)
        if is_own:
            superuser, owner = stack.enter_context(database.embedded_database(layout, user))
            owner_url = await database.owner_url_of(superuser, owner)
        else:
            owner_url = database.given_url(layout, settings)
        if not is_container:
            ensure_database_urls(layout, owner_url, owners)
        storage_of = storage_settings(layout)
        storage = open_storage(layout, storage_of, is_s3=storage_of.is_s3)
        result = await restore(owner_url, service_roles(layout), storage, place, backup, bars)
        if keys is not None:
            _replace_keys(layout, keys, user)
    return result


async def _read_keys(place: Files, backup: Backup, identity: Path | None) -> dict[str, str] | None:
    if identity is None:
        return None
    if backup.secrets is None:
        raise OpsError(f"--identity: the backup {backup.id} has no keys; leave the option out")
    stored = backup.secrets
    encrypted = b"".join([part async for part in read_checked(place, stored.path, stored.sha256)])
    return decrypt_keys(encrypted, identity)


def _replace_keys(layout: Layout, keys: dict[str, str], user: RunUser) -> None:
    write_keys(layout, keys, user)
    ensure_secrets(layout, Owners.all(user))
