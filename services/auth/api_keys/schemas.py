"""Bodies of the API key endpoints."""

import uuid
from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Body, Future, Name, Output
from services.auth.api_keys.domain import Permission


class ApiKeyCreate(Body):
    """A new API key."""

    name: Name = Field(examples=["deploy pipeline"])
    permission: Permission = Field(
        description="`read`: GET only; `write`: all but keys, passwords, tokens, Docker users, and "
        "accounts",
        examples=["read"],
    )
    expires_at: Future | None = Field(
        default=None, description="when the key expires; without it, never"
    )


class ApiKeyOut(Output):
    """An API key, without its secret."""

    id: uuid.UUID
    account: str = Field(description="the account that owns the key", examples=["acme"])
    name: str = Field(examples=["deploy pipeline"])
    permission: Permission = Field(examples=["read"])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None = Field(examples=["192.0.2.7"])


class NewApiKeyOut(ApiKeyOut):
    """A new API key with its secret. No other response contains the secret."""

    secret: str = Field(examples=["mak_…"])
