"""What `moorage gc` prints when a garbage collection has ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer

from ops.host.disk import format_size
from ops.maintenance.counted import counted
from services.catalog.gc.runs.domain import Report, Run
from services.catalog.gc.runs.schemas import RunOut

_REASONS = {
    "manifest": "manifests",
    "image": "named by an image",
    "index": "named by an index",
    "trash": "in the trash",
    "push": "named by an open change",
    "marked": "marked before",
    "unknown manifest": "needed by manifests that the catalog does not know",
    "client": "asked for by a client",
}
"""How the report names each reason of `Report.needed`."""


@dataclass(frozen=True, slots=True)
class Result:
    """A run that has ended. Marked blobs wait for ``grace``."""

    run: Run
    grace: timedelta

    @property
    def due_at(self) -> datetime | None:
        """When the marked blobs of the run have waited; None if they have, or if there are none."""
        run = self.run
        if run.known_at is None or not run.report.marked or run.grace_minutes == 0:
            return None
        return run.known_at + self.grace if self.grace else None


class _ResultOut(RunOut):
    due_at: datetime | None


def print_json(result: Result) -> None:
    """Print one JSON object with the fields of a run in the API, and `due_at`."""
    run = RunOut.model_validate(result.run)
    typer.echo(_ResultOut.model_construct(**dict(run), due_at=result.due_at).model_dump_json())


def print_report(result: Result) -> None:
    """Print what the run did, or what it would do if it is a dry one, a line for each kind."""
    for line in _dry_lines(result) if result.run.is_dry else _lines(result):
        typer.echo(line)


def _lines(result: Result) -> Iterator[str]:
    report = result.run.report
    yield (
        f"Deleted: {counted(report.manifests, 'untagged manifest')},"
        f" {counted(report.deleted, 'blob')}."
        f" Freed: {report.freed_bytes} bytes ({format_size(report.freed_bytes)})."
    )
    if report.marked:
        line = f"Marked: {_marked(report)}."
        if result.due_at is not None:
            line += (
                f" To be deleted after {_minute(result.due_at)},"
                " unless something needs them until then."
            )
        yield line
    if report.hold:
        yield f"Not deleted: what has waited, because of {report.hold}."
    if report.revived:
        yield f"Revived: {counted(report.revived, 'blob')}, which clients asked for."
    if report.kept:
        yield (
            f"Kept: {counted(report.kept, 'marked blob')}, which an image or a push needs again."
        )
    if report.uploads or report.repositories:
        repositories = f"{report.repositories} empty repositories"
        if report.repositories == 1:
            repositories = "1 empty repository"
        yield f"Purged: {counted(report.uploads, 'abandoned upload')}, {repositories}."
    yield from _failures(report)


def _dry_lines(result: Result) -> Iterator[str]:
    report = result.run.report
    yield (
        f"Would delete: {counted(report.manifests, 'untagged manifest')}."
        f" Would mark: {_marked(report)} that nothing needs."
    )
    if report.needed:
        reasons = (
            f"{count} {_REASONS.get(why, why)}" for why, count in sorted(report.needed.items())
        )
        yield f"Would keep: {counted(sum(report.needed.values()), 'blob')}: {', '.join(reasons)}."
    yield from _failures(report)
    yield "Nothing was changed."


def _failures(report: Report) -> Iterator[str]:
    for repository, reason in sorted(report.failures.items()):
        yield f"Not collected: {repository}: {reason}"
    if report.further_failures:
        yield f"Not collected: {report.further_failures} further"


def _marked(report: Report) -> str:
    return f"{counted(report.marked, 'blob')} with {format_size(report.marked_bytes)}"


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
