"""The OCI conformance suite of the distribution spec, and the tests that it is known to fail.

Each version of Distribution has a list of known failures in `tests/e2e/known_failures`. Each line
names a check of the suite, and then the sections in which the check fails. `*3` after a section
says that the check fails there three times. `reasons.txt` says why the sections fail.
"""

from __future__ import annotations

import collections
import fnmatch
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.kit.go import GoProgram
from tests.kit.process import run

SUITE = GoProgram(
    "conformance-97274622c111",
    "conformance",
    # Not `latest`: a new version of the suite has new tests.
    "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111",
)
RUN_SECONDS = 300.0
_STEPS = {"push", "pull", "head", "delete"}
_ROOT = "OCI Conformance Test/"

Failures: TypeAlias = collections.Counter[tuple[str, str]]
"""How often each check fails in each section."""


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one run: how many tests have each status, and the failures."""

    totals: Mapping[str, int]
    failures: Failures

    @property
    def summary(self) -> str:
        """The totals in one line."""
        return ", ".join(f"{count} {status}" for status, count in sorted(self.totals.items()))


def run_suite(program: Path, folder: Path, *, registry: str, **settings: str) -> Results:
    """Run the suite against ``registry`` (host:port, without TLS), and return its results.

    Args:
        program: the suite.
        folder: an existing folder for the suite's reports.
        registry: the address of the gateway.
        settings: more variables of the suite, such as ``OCI_REPO1``.

    Raises:
        CommandFailed: the suite did not end in time.
    """
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "OCI_REGISTRY": registry,
        "OCI_TLS": "disabled",
        "OCI_RESULTS_DIR": str(folder),
        "OCI_LOG": "error",
        **settings,
    }
    # The exit status is 1 after any failure.
    finished = run([program], environment=environment, seconds=RUN_SECONDS, directory=folder)
    report = folder / "junit.xml"
    assert report.is_file(), finished.output
    return read_report(report)


def read_report(path: Path) -> Results:
    """Read the suite's `junit.xml`."""
    totals: collections.Counter[str] = collections.Counter()
    failures: Failures = collections.Counter()
    # The suite has written the file in this run, so it is trusted.
    for case in ET.parse(path).getroot().iter("testcase"):
        status = case.get("status", "unknown")
        totals[status] += 1
        if status not in ("passed", "skipped"):
            failures[_split(case.get("name", ""))] += 1
    return Results(totals, failures)


def read_known(path: Path) -> Failures:
    """Read a list of known failures. A missing file is an empty list."""
    known: Failures = collections.Counter()
    check = ""
    for line in path.read_text().splitlines() if path.is_file() else ():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            check = line.rstrip(":")
            continue
        for item in line.strip().rstrip(",").split(", "):
            section, _, count = item.partition(" *")
            known[check, section] = int(count or 1)
    return known


def read_reasons(path: Path) -> dict[str, str]:
    """Read why sections fail: a reason for each pattern of a section's name.

    A line is a pattern, a colon, and the start of the reason. The indented lines after it go on
    with the reason.
    """
    reasons: dict[str, str] = {}
    pattern = ""
    for line in path.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith(" "):
            reasons[pattern] += f" {line.strip()}"
        else:
            pattern, _, reason = line.partition(":")
            reasons[pattern] = reason.strip()
    return reasons


def pattern_of(section: str, reasons: Mapping[str, str]) -> str | None:
    """Return the first pattern that matches ``section``, or None."""
    return next((name for name in reasons if fnmatch.fnmatchcase(section, name)), None)


def write_known(path: Path, failures: Failures, *, heading: str) -> None:
    """Write a list of known failures that ``read_known`` can read."""
    sections: dict[str, list[str]] = {}
    for (check, section), count in sorted(failures.items()):
        sections.setdefault(check, []).append(section if count == 1 else f"{section} *{count}")
    lines = [f"# {heading}"]
    for check, items in sections.items():
        lines += [f"{check}:", *_wrapped(items)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def difference(known: Failures, found: Failures) -> list[str]:
    """Return a line for each check and section whose number of failures is not the known one."""
    return [
        f"{section}: {check} failed {found[check, section]} times, {known[check, section]} known"
        for check, section in sorted(known.keys() | found.keys())
        if known[check, section] != found[check, section]
    ]


def _split(name: str) -> tuple[str, str]:
    """Return check and section of a test such as ``image/delete/blob-delete``."""
    *section, check = name.removeprefix(_ROOT).split("/")
    if section and section[-1] in _STEPS:
        step = section.pop()
        check = check if check.endswith(step) else f"{step} {check}"
    return check, "/".join(section)


def _wrapped(items: list[str]) -> list[str]:
    # Names contain spaces. Only the spaces after a comma may become line breaks.
    text = ", ".join(item.replace(" ", "\0") for item in items)
    lines = textwrap.wrap(
        text, 98, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
    return [line.replace("\0", " ") for line in lines]
