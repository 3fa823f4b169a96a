"""Requests and responses of ``/storage``."""

from datetime import datetime

from pydantic import Field, StrictBool

from libs.common.web.fields import Body, Output
from services.catalog.gc.runs.domain import Phase


class ReportOut(Output):
    """What a run found and did, or would do if it is a dry one."""

    blobs: int = Field(description="blobs in the storage when the run marked")
    blob_bytes: int = Field(description="bytes of these blobs")
    manifests: int = Field(description="deleted manifests, which nothing needed")
    marked: int = Field(description="blobs that wait for their deletion since this run")
    marked_bytes: int = Field(description="bytes of these blobs")
    deleted: int = Field(description="deleted blobs, which had waited long enough")
    freed_bytes: int = Field(description="bytes that the run freed on the disk")
    revived: int = Field(
        description="marked blobs that live again since the run before, because a client asked"
    )
    kept: int = Field(description="marked blobs that were needed again when their wait had ended")
    needed: dict[str, int] = Field(
        description="in a dry run, the number of blobs that it would keep, by reason: `manifest`, "
        "`image`, `index`, `trash`, `push`, `marked`, `unknown manifest`, `client`",
        examples=[{"manifest": 12, "image": 80, "trash": 4}],
    )
    uploads: int = Field(description="purged uploads, to which nobody had written for a day")
    repositories: int = Field(description="empty repositories that were removed from the storage")
    failures: dict[str, str] = Field(
        description="repositories that keep their garbage, with the reason",
        examples=[{"team/app": "the registry does not respond"}],
    )
    further_failures: int = Field(
        description="further such repositories, for which the report has no room"
    )
    hold: str = Field(
        description="what kept the run from deleting blobs, such as a backup; empty if nothing did",
        examples=["a backup, until 2026-11-27 13:00 UTC at the latest"],
    )


class RunOut(Output):
    """A garbage collection."""

    id: int = Field(examples=[12])
    is_dry: bool = Field(description="if true, it changes nothing, and reports what it would do")
    untagged_days: int | None = Field(description="replaces GC_UNTAGGED_DAYS; null: it does not")
    grace_minutes: int | None = Field(description="replaces GC_GRACE_MINUTES; null: it does not")
    requested_at: datetime = Field(validation_alias="started_at", description="UTC")
    begun_at: datetime | None = Field(description="UTC; null until the catalog begins")
    finished_at: datetime | None = Field(description="UTC; null until the end")
    phase: Phase
    done: int = Field(description="finished items of the phase")
    total: int | None = Field(description="all items of the phase; null if unknown")
    stop_requested: bool = Field(description="if true, it ends as soon as it can")
    report: ReportOut
    error: str | None = Field(
        description="why it failed; null if it succeeded or has not finished",
        examples=["stopped by the operator"],
    )


class RunCreate(Body):
    """How the garbage collection runs."""

    is_dry: StrictBool = Field(
        default=False, description="true changes nothing, and reports what it would do"
    )


class BlobsOut(Output):
    """A number of blobs, and their bytes."""

    count: int = Field(examples=[1200])
    size_bytes: int = Field(examples=[73400320])


class HoldOut(Output):
    """A backup or a copy of the storage, during which no blob is deleted."""

    id: int = Field(examples=[3])
    reason: str = Field(examples=["a backup"])
    begun_at: datetime = Field(description="UTC")
    expires_at: datetime = Field(
        description="UTC; when garbage collection deletes blobs again, if the hold is not renewed"
    )


class StorageOut(Output):
    """The blobs in the registry's storage by state, and the runs of garbage collection."""

    live: BlobsOut | None = Field(
        description="blobs that no garbage collection has marked; null until the first has ended"
    )
    doomed: BlobsOut = Field(description="marked blobs, which wait for their deletion")
    deleting: BlobsOut = Field(description="blobs that are being deleted")
    counted_at: datetime | None = Field(
        description="UTC; when the live blobs were counted; later pushes are not in the number"
    )
    due_at: datetime | None = Field(
        description="UTC; when the first doomed blobs have waited long enough; null if there are "
        "none"
    )
    next_run_at: datetime | None = Field(
        description="UTC; null while one is running, and if none starts by itself"
    )
    current_run: RunOut | None = Field(description="the one that is requested or running, or null")
    last_run: RunOut | None = Field(description="the last one that has ended and was not dry")
    holds: list[HoldOut] = Field(
        description="backups and copies of the storage, during which no blob is deleted"
    )
