"""The table of clients and commands that a run of these tests prints."""

from __future__ import annotations

import re

import pytest

_MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}


class Table:
    """The results of the tests, by command and client."""

    def __init__(self) -> None:
        self._marks: dict[str, dict[str, str]] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Add the result of one phase of a test. A failure is never replaced."""
        found = re.fullmatch(r"tests/clients/test_.*::test_(\w+)(?:\[(.*)\])?", report.nodeid)
        if found is None or (report.when != "call" and report.outcome == "passed"):
            return
        command, client = found[1].replace("_", " "), found[2] or "all"
        marks = self._marks.setdefault(command, {})
        if marks.get(client) != _MARKS["failed"]:
            marks[client] = _MARKS[report.outcome]

    def lines(self) -> list[str]:
        """Return one line per command, with its clients and their results."""
        return [
            f"{command}: " + ", ".join(f"{client} {mark}" for client, mark in marks.items())
            for command, marks in self._marks.items()
        ]
