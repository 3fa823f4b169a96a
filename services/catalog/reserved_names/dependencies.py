"""The time that a name stays reserved, as a route's parameter."""

from typing import Annotated

from fastapi import Depends

from libs.common.web.provided import provided
from services.catalog.settings import Settings


def _reserved_seconds(settings: Annotated[Settings, Depends(provided(Settings))]) -> int:
    return settings.name_reservation_seconds


ReservedSeconds = Annotated[int, Depends(_reserved_seconds)]
"""A route's parameter: how long the name of an object stays reserved after its deletion."""
