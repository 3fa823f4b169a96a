"""What `moorage gc` prints when a garbage collection has ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer
from pydantic import Field

from ops.host.disk import format_size
from ops.maintenance.counted import counted
from services.catalog.gc.runs.domain import Run
from services.catalog.gc.runs.schemas import RunOut


@dataclass(frozen=True, slots=True)
class Result:
    """A run that has ended.

    Marked blobs wait for ``grace``. ``skipped`` counts the blobs that the run had to keep, by the
    reason.
    """

    run: Run
    grace: timedelta
    skipped: Mapping[str, int]

    @property
    def due_at(self) -> datetime | None:
        """When the marked blobs of the run have waited; None if they have, or if there are none."""
        run = self.run
        if run.known_at is None or not run.report.marked or run.grace_minutes == 0:
            return None
        return run.known_at + self.grace if self.grace else None


class _ResultOut(RunOut):
    due_at: datetime | None
    skipped: dict[str, int] = Field(default_factory=dict)


def print_json(result: Result) -> None:
    """Print one JSON object with the fields of the API's run, `due_at`, and `skipped`."""
    run = RunOut.model_validate(result.run)
    shown = _ResultOut.model_construct(
        **dict(run), due_at=result.due_at, skipped=dict(result.skipped)
    )
    typer.echo(shown.model_dump_json())


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
        line = f"Marked: {_with_size(report.marked, report.marked_bytes)}."
        if result.due_at is not None:
            line += (
                f" They will be deleted after {_minute(result.due_at)},"
                " if nobody needs them until then."
            )
        yield line
    if report.revived:
        yield f"Revived: {counted(report.revived, 'blob')}, because a client asked for it."
    yield from _common_lines(result, kept="Kept", purged="Purged")


def _dry_lines(result: Result) -> Iterator[str]:
    report = result.run.report
    yield (
        f"Would delete: {counted(report.manifests, 'untagged manifest')},"
        f" {_with_size(report.deleted, report.freed_bytes)}."
    )
    if report.marked:
        yield f"Would mark: {_with_size(report.marked, report.marked_bytes)}."
    yield from _common_lines(result, kept="Would keep", purged="Would purge")
    yield "Nothing was changed."


def _common_lines(result: Result, *, kept: str, purged: str) -> Iterator[str]:
    report = result.run.report
    if report.kept:
        yield (
            f"{kept}: {counted(report.kept, 'marked blob')},"
            " because an image or a push needs them again."
        )
    if report.uploads or report.repositories:
        repositories = f"{report.repositories} empty repositories"
        if report.repositories == 1:
            repositories = "1 empty repository"
        yield f"{purged}: {counted(report.uploads, 'abandoned upload')}, {repositories}."
    for reason, number in result.skipped.items():
        yield f"Skipped: {counted(number, 'blob')}: {reason}"
    for repository, reason in sorted(report.failures.items()):
        yield f"Not collected: {repository}: {reason}"


def _with_size(blobs: int, size: int) -> str:
    return f"{counted(blobs, 'blob')} with {format_size(size)}"


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
