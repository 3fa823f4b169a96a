"""How long the trash keeps deleted objects, as a route's parameter."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends

from libs.common.web.provided import provided
from services.catalog.settings import Settings
from services.catalog.trash.domain import lifetime


def _lifetime(settings: Annotated[Settings, Depends(provided(Settings))]) -> timedelta | None:
    return lifetime(settings.trash_days)


TrashLifetime = Annotated[timedelta | None, Depends(_lifetime)]
"""A route's parameter: how long a deletion can be undone; None if the trash is off."""
