"""Push and pull charts with helm (spec 15)."""

from __future__ import annotations

import pytest

from tests.clients.conftest import Clients
from tests.kit.clients.helm import Helm
from tests.kit.http.accounts import unique
from tests.kit.http.tenant import Tenant
from tests.kit.stack.run import Stack


@pytest.fixture
def helm(clients: Clients, stack: Stack, shared_tenant: Tenant) -> Helm:
    """A helm of the Docker user that can push."""
    return clients(Helm).logged_in(stack.registry, shared_tenant.granted)


def test_helm_pushes_pulls_and_shows_a_chart(
    helm: Helm, stack: Stack, shared_tenant: Tenant
) -> None:
    name = unique("chart")
    archives = {version: helm.package(name, version) for version in ("0.1.0", "0.2.0+build.1")}
    for archive in archives.values():
        helm.push(archive, f"{stack.registry}/{shared_tenant.private}").checked()
    chart = f"{stack.registry}/{shared_tenant.private}/{name}"
    for version, archive in archives.items():
        assert helm.pull(chart, version).read_bytes() == archive.read_bytes()
        assert f"version: {version}" in helm.show(chart, "--version", version)
    # helm lists the tags to find the newest version. A tag has "_" in place of "+".
    assert "version: 0.2.0+build.1" in helm.show(chart)
    tags = shared_tenant.account.tags(f"{shared_tenant.private}/{name}")
    assert set(tags) == {"0.1.0", "0.2.0_build.1"}
