"""The schedule of garbage collection as a parameter of a route."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends

from libs.common.web.provided import provided
from services.catalog.gc.runs.domain import Schedule
from services.catalog.settings import Settings


def _schedule(settings: Annotated[Settings, Depends(provided(Settings))]) -> Schedule:
    hours = settings.gc_schedule_hours
    return Schedule(
        every=timedelta(hours=hours) if hours else None,
        grace=timedelta(minutes=settings.gc_grace_minutes),
    )


GarbageSchedule = Annotated[Schedule, Depends(_schedule)]
"""A route's parameter: when garbage is collected, and how long marked blobs wait."""
