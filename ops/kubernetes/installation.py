"""The secrets of an installation in Kubernetes: all in one Secret, under fixed keys.

A pod mounts only the keys of its own part, each as the file that the part reads
(`deploy/helm/moorage`). The database of the owner is in another Secret, which the operator gives.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.errors import OpsError
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.kubernetes.api import Secrets
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets

KEPT_KEYS = 2
"""How many signing keys of a kind there can be: the one that signs, and the one before it."""
ADMIN_PASSWORD = "admin_password"  # noqa: S105 - a name
LABELS = {"app.kubernetes.io/name": "moorage", "app.kubernetes.io/managed-by": "moorage"}


def _fixed_files() -> dict[str, str]:
    """Return the key of each secret that has one file, with the file below the secrets' folder."""
    return {
        "ca.pem": "ca/ca.pem",
        "ca.key": "ca/ca.key",
        "registry_http_secret": "registry/http_secret",
        "events_webhook_secret": "events/events_webhook_secret",
        **{f"{service}_database_url": f"{service}/{service}_database_url" for service in SERVICES},
    }


def _key_folders() -> dict[str, str]:
    """Return the stem of the keys of each folder of signing keys, with that folder."""
    return {
        **{f"{service}-token-key": f"{service}/token-keys" for service in SERVICES},
        "session-key": "auth/session-keys",
        "session-public-key": "catalog/session-public-keys",
    }


def _data(layout: Layout) -> dict[str, bytes]:
    """Return the secrets of a folder by their keys of the Secret. The newest key has number 2."""
    data = {key: (layout.secrets / path).read_bytes() for key, path in _fixed_files().items()}
    for stem, folder in _key_folders().items():
        for number, file in enumerate(sorted((layout.secrets / folder).glob("*.pem")), start=1):
            data[f"{stem}-{number}.pem"] = file.read_bytes()
    data[ADMIN_PASSWORD] = layout.admin_password.read_bytes()
    return data


def _files(data: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the file below the secrets' folder and the content of each key of the Secret."""
    for key, path in _fixed_files().items():
        if key in data:
            yield path, data[key]
    for stem, folder in _key_folders().items():
        for number in range(1, KEPT_KEYS + 1):
            if f"{stem}-{number}.pem" in data:
                yield f"{folder}/{number}.pem", data[f"{stem}-{number}.pem"]


def complete(found: Mapping[str, bytes], owner_url: str, layout: Layout) -> dict[str, bytes]:
    """Write the found secrets and the missing ones to a folder, and return all of them.

    Args:
        found: The data of the Secret, which can be empty.
        owner_url: The database, as the role that owns the schemas.
        layout: An empty folder.
    """
    user = RunUser(os.getuid(), os.getgid())
    owners = Owners.all(user)
    private_dir(layout.root, user)
    for path, content in _files(found):
        private_dir((layout.secrets / path).parent, user)
        write_private(layout.secrets / path, content, user)
    ensure_secrets(layout, owners)
    ensure_database_urls(layout, owner_url, owners)
    password = found.get(ADMIN_PASSWORD) or f"{secrets.token_urlsafe(18)}\n".encode()
    write_private(layout.admin_password, password, user)
    return _data(layout)


def new_data(owner_url: str) -> dict[str, bytes]:
    """Return the data of a new Secret for an installation on the database `owner_url`."""
    with tempfile.TemporaryDirectory() as folder:
        return complete({}, owner_url, Layout(Path(folder) / "data"))


def ensure_secret(api: Secrets, name: str, owner_url: str, layout: Layout) -> None:
    """Create the Secret `name` if it is absent, and write the secrets to the folder of `layout`.

    If it exists, add the keys that it lacks, and let the URLs of the services follow the owner's.
    All other keys stay as they are.
    """
    found = api.find(name)
    if found is None:
        data = complete({}, owner_url, layout)
        if api.create(name, data, LABELS):
            return
        raise OpsError(f"the Secret {name} was created by somebody else in this moment: try again")
    data = complete(found, owner_url, layout)
    changed = {key: value for key, value in data.items() if found.get(key) != value}
    if changed:
        api.change(name, changed)


def use_given(folder: Path, name: str, owner_url: str, layout: Layout) -> None:
    """Write the secrets of a given Secret, mounted at `folder`, to the folder of `layout`.

    Raises:
        OpsError: A key is missing, or the URL of a service is not on the database of the owner.
    """
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    data = complete(found, owner_url, layout)
    if missing := sorted(data.keys() - found.keys()):
        raise OpsError(
            f"the Secret {name} has no {', '.join(missing)}: copy the missing keys"
            " from the output of `moorage kubernetes secret`, and leave the others as they are"
        )
    if wrong := sorted(key for key in _fixed_files() if found[key] != data[key]):
        raise OpsError(
            f"the Secret {name}: {', '.join(wrong)} does not fit the database in the owner's URL"
        )
