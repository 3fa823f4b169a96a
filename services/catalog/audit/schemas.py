"""The responses of `/audit`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from services.catalog.audit.domain import Entry


class AuditEntryOut(BaseModel):
    """One change, or one refused login."""

    at: datetime = Field(description="when, UTC")
    account: str | None = Field(
        description="who did it; null: nobody who had signed in", examples=["acme"]
    )
    action: str = Field(description="`noun.verb`", examples=["namespace.create"])
    target: str = Field(
        description="the object's path below `/api/v1/`", examples=["namespaces/team"]
    )
    client_address: str | None = Field(examples=["203.0.113.7"])

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            at=entry.at,
            account=entry.account,
            action=entry.action,
            target=entry.target,
            client_address=entry.client_address,
        )
