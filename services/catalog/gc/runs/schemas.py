"""Requests and responses of ``/storage``."""

from datetime import datetime

from pydantic import Field, StrictBool

from libs.common.web.fields import Body, Output
from services.catalog.gc.runs.domain import Phase


class ReportOut(Output):
    """What a run found and did, or would do if it is a dry one."""

    blobs: int = Field(description="blobs in the storage when the run listed it")
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
    uploads: int = Field(description="purged uploads, to which nobody had written for a day")
    repositories: int = Field(description="empty repositories that were removed from the storage")
    failures: dict[str, str] = Field(
        description="repositories that keep their garbage, with the reason",
        examples=[{"team/app": "the registry does not respond"}],
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
