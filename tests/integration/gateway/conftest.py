"""nginx in front of Distribution, and doubles of the services that record every request."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from libs.common.security.jwt import load_signing_keys
from ops.host.files import private_dir
from ops.host.privileges import RunUser, run_user
from ops.install.debian import Tool
from ops.secrets.keys import new_authority, new_token_key
from ops.storage import GatewayCache, system_certificates
from tests.kit.http.tokens import sign_registry_token
from tests.kit.install import nginx_program, registry_program
from tests.kit.servers.distribution import Distribution, running_distribution
from tests.kit.servers.gateway import TRUSTED, Gateway, running_gateway
from tests.kit.servers.object_storage import ObjectStorage, running_object_storage
from tests.kit.servers.service import Service, running_service

WEBHOOK_SECRET = "webhook-secret-of-the-tests"

Start = Callable[..., Gateway]
Tokens = Callable[..., str]


@pytest.fixture(scope="session")
def nginx() -> Tool:
    """`NGINX_BIN`, or the nginx that `make run` finds: the machine's own, or Debian's package."""
    return nginx_program()


@pytest.fixture(scope="session")
def distribution() -> Tool:
    """`REGISTRY_BIN`, the machine's own registry, or Debian's package."""
    return registry_program()


@pytest.fixture(scope="session")
def user(nginx: Tool, distribution: Tool) -> RunUser:
    """The user that the servers run as: `nobody` if the tests run as root."""
    return run_user([nginx.path, distribution.path])


@pytest.fixture(scope="session")
def folder(user: RunUser) -> Iterator[Path]:
    """A folder that ``user`` can enter. Other users cannot enter the folders of pytest."""
    made = Path(tempfile.mkdtemp(prefix="moorage-gateway-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def services() -> Iterator[dict[str, Service]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running_service(name))
            for name in ("auth", "catalog", "events")
        }


@pytest.fixture(scope="session")
def tokens(folder: Path) -> Tokens:
    """A function that signs registry tokens: ``tokens("team/app:pull,push")``."""
    authority = new_authority()
    (folder / "ca.pem").write_bytes(authority.certificate)
    keys = folder / "keys"
    keys.mkdir()
    (keys / "1.pem").write_bytes(new_token_key(authority, "auth"))
    (key,) = load_signing_keys(keys)

    def token(*scopes: str) -> str:
        return sign_registry_token(key, "alice", *(f"repository:{scope}" for scope in scopes))

    return token


@pytest.fixture(scope="session")
def registry(
    distribution: Tool, user: RunUser, folder: Path, tokens: Tokens, services: dict[str, Service]
) -> Iterator[Distribution]:
    webhook = f"http://{services['events'].address}/registry-events"
    with running_distribution(
        distribution, user, folder, ca=folder / "ca.pem", webhook=webhook, secret=WEBHOOK_SECRET
    ) as running:
        yield running


@pytest.fixture(scope="session")
def s3(folder: Path) -> Iterator[ObjectStorage]:
    """An S3 server. Without Go, the tests on S3 are skipped."""
    with running_object_storage(folder / "s3") as running:
        yield running


@pytest.fixture(scope="session")
def s3_registry(
    distribution: Tool, user: RunUser, folder: Path, services: dict[str, Service], s3: ObjectStorage
) -> Iterator[Distribution]:
    """Distribution with its images in a bucket."""
    webhook = f"http://{services['events'].address}/registry-events"
    with running_distribution(
        distribution,
        user,
        folder / "s3-registry",
        ca=folder / "ca.pem",
        webhook=webhook,
        secret=WEBHOOK_SECRET,
        s3=s3,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def s3_gateway(
    start: Start, folder: Path, user: RunUser, s3: ObjectStorage, s3_registry: Distribution
) -> Gateway:
    """A gateway that fetches blobs from S3 into its cache."""
    cache = GatewayCache(
        folder=str(private_dir(folder / "blob-cache", user)),
        bytes=10**9,
        min_free_bytes=0,
        keys_mib=16,
        server=urlsplit(s3.endpoint).netloc,
        resolver=None,
        certificates=system_certificates(),
    )
    return start("s3", registry_address=s3_registry.address, blob_root=None, blob_cache=cache)


@pytest.fixture(scope="session")
def start(
    nginx: Tool, user: RunUser, folder: Path, services: dict[str, Service], registry: Distribution
) -> Iterator[Start]:
    """A function that starts a gateway in front of the services and the registry.

    Its keyword arguments override the variables of the template.
    """
    addresses = {f"{name}_address": service.address for name, service in services.items()}
    with ExitStack() as stack:

        def started(name: str, **variables: Any) -> Gateway:
            given = {
                **addresses,
                "registry_address": registry.address,
                "blob_root": str(registry.storage),
                **variables,
            }
            return stack.enter_context(running_gateway(nginx, user, folder / name, **given))

        yield started


@pytest.fixture(scope="session")
def gateway(start: Start) -> Gateway:
    """A gateway that serves every host name, trusts one proxy, and sends blobs itself."""
    return start("plain", trusted_proxies=[TRUSTED])
