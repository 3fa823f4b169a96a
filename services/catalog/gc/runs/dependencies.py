"""The schedule of garbage collection as a parameter of a route."""

from typing import Annotated

from fastapi import Depends

from libs.common.web.provided import provided
from services.catalog.gc.runs.domain import Schedule

GarbageSchedule = Annotated[Schedule, Depends(provided(Schedule))]
"""A route's parameter: when garbage is collected, and how long marked blobs wait."""
