"""The OCI conformance suite against a whole Moorage (spec 15).

A new failure is red. A known failure that has vanished is red too, so that the list stays true. To
write the list again, set RECORD_CONFORMANCE=1. Each known failure has a reason, and all but those
of foreign layers are failures of Distribution, too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ops.host.privileges import run_user
from tests.kit.conformance import (
    SUITE,
    difference,
    pattern_of,
    read_known,
    read_reasons,
    run_suite,
    write_known,
)
from tests.kit.go import NotBuilt
from tests.kit.http.tenant import Tenant
from tests.kit.install import registry_program, toolbox, tools_folder
from tests.kit.servers.distribution import running_bare_distribution
from tests.kit.stack.run import Stack

KNOWN = Path(__file__).parent / "known_failures"
FOREIGN_LAYERS = "non-distributable-layers"


@pytest.mark.registry_versions
def test_conformance_suite_fails_only_where_it_is_known_to_fail(
    stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    """The suite runs as a Docker user with a delete grant."""
    suite = _suite()
    version = _distribution_version()
    tenant.account.grant(tenant.private, tenant.granted, "delete")
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
    summary = f"Distribution {version}, delete grant: {results.summary}"
    print(summary)
    known = KNOWN / f"{version}.txt"
    if os.environ.get("RECORD_CONFORMANCE"):
        write_known(known, results.failures, heading=summary)
    changed = difference(read_known(known), results.failures)
    assert not changed, (
        f"{results.summary}. Repair what is new, then write {known.name} again with "
        "RECORD_CONFORMANCE=1:\n" + "\n".join(changed)
    )


@pytest.mark.registry_versions
def test_known_failures_are_failures_of_distribution_too(tmp_path_factory: Any) -> None:
    """Admission refuses foreign layers on purpose. Everything else fails without Moorage, too."""
    suite = _suite()
    folder: Path = tmp_path_factory.mktemp("bare")
    for place in (folder.parent.parent, folder.parent, folder):
        place.chmod(0o755)  # Distribution runs as another user
    user = run_user([tools_folder()])
    with running_bare_distribution(registry_program(), user, folder / "registry") as registry:
        results = run_suite(
            suite,
            folder,
            registry=registry.address,
            OCI_REPO1="conformance/one",
            OCI_REPO2="conformance/two",
        )
    version = _distribution_version()
    print(f"Distribution {version} alone: {results.summary}")
    known = read_known(KNOWN / f"{version}.txt")
    ours = {
        failure: count
        for failure, count in (known - results.failures).items()
        if failure[1] != FOREIGN_LAYERS
    }
    assert ours == {}


@pytest.mark.parametrize("path", sorted(KNOWN.glob("[0-9]*.txt")), ids=lambda path: path.stem)
def test_each_known_failure_has_a_reason(path: Path) -> None:
    reasons = read_reasons(KNOWN / "reasons.txt")
    sections = {section for _, section in read_known(path)}
    assert {section for section in sections if pattern_of(section, reasons) is None} == set()


def test_each_reason_is_the_reason_of_a_known_failure() -> None:
    reasons = read_reasons(KNOWN / "reasons.txt")
    sections = {section for path in KNOWN.glob("[0-9]*.txt") for _, section in read_known(path)}
    assert {pattern_of(section, reasons) for section in sections} == set(reasons)


def _suite() -> Path:
    """Return the suite, or skip the test and say why there is none."""
    try:
        return SUITE.built(toolbox().root)
    except NotBuilt as reason:
        pytest.skip(f"the OCI conformance suite: {reason}")


def _distribution_version() -> str:
    output = registry_program().output("--version")
    found = re.search(r"\bv?(\d+\.\d+\.\d+)", output)
    assert found, output
    return found[1]
