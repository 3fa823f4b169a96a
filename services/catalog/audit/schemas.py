"""The responses of ``/audit``."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output


class AuditEntryOut(Output):
    """One change, or one refused login."""

    at: datetime = Field(description="time of the change, UTC")
    account: str | None = Field(
        description="account that made the change; null if no account was signed in",
        examples=["acme"],
    )
    action: str = Field(description="`noun.verb`", examples=["namespace.create"])
    target: str = Field(
        description="the object's path below `/api/v1/`", examples=["namespaces/team"]
    )
    client_address: str | None = Field(examples=["203.0.113.7"])
