"""The OCI conformance suite against a whole Moorage (spec 15).

A new failure is red. A known failure that has vanished is red too, so that the list stays true. To
write the list again, set RECORD_CONFORMANCE=1.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx
import pytest

from tests.kit.conformance import SUITE, difference, read_known, run_suite, write_known
from tests.kit.go import NotBuilt
from tests.kit.http.accounts import Account, DockerUser
from tests.kit.http.tenant import Tenant
from tests.kit.install import registry_program, toolbox
from tests.kit.stack.run import Stack

KNOWN = Path(__file__).parent / "known_failures"


@pytest.mark.registry_versions
def test_conformance_suite_fails_only_where_it_is_known_to_fail(
    stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    """The suite runs as a Docker user with the strongest grant that the API accepts."""
    try:
        suite = SUITE.built(toolbox().root)
    except NotBuilt as reason:
        pytest.skip(f"the OCI conformance suite: {reason}")
    version = _distribution_version()
    permission = _grant_most(tenant.account, tenant.private, tenant.granted)
    username, password = tenant.granted.credentials
    results = run_suite(
        suite,
        tmp_path,
        registry=f"127.0.0.1:{stack.port}",
        OCI_REPO1=f"{tenant.private}/conformance1",
        OCI_REPO2=f"{tenant.private}/conformance2",
        OCI_USERNAME=username,
        OCI_PASSWORD=password,
    )
    print(f"Distribution {version}, {permission} grant: {results.summary}")
    known = KNOWN / f"{version}.txt"
    if os.environ.get("RECORD_CONFORMANCE"):
        heading = f"Distribution {version}, {permission} grant: {results.summary}"
        write_known(known, results.failures, heading=heading)
    changed = difference(read_known(known), results.failures)
    assert not changed, (
        f"{results.summary}. Repair what is new, then write {known.name} again with "
        "RECORD_CONFORMANCE=1:\n" + "\n".join(changed)
    )


def _grant_most(account: Account, namespace: str, user: DockerUser) -> str:
    """Grant the strongest permission that the API accepts, and return it."""
    path = f"/namespaces/{namespace}/grants/{user.username}"
    for permission in ("delete", "push"):
        answer = account.http.put(path, json={"permission": permission})
        if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
            answer.raise_for_status()
            return permission
    raise AssertionError(answer.text)


def _distribution_version() -> str:
    output = registry_program().output("--version")
    found = re.search(r"\bv?(\d+\.\d+\.\d+)", output)
    assert found, output
    return found[1]
