"""Bodies of the API key calls."""

import uuid
from datetime import datetime

from pydantic import Field

from libs.common.web.fields import (
    Body,
    Future,
    Name,
    Output,
)
from services.auth.api_keys.domain import ApiKey, Permission


class ApiKeyCreate(Body):
    """A new API key."""

    name: Name = Field(examples=["deploy pipeline"])
    permission: Permission = Field(
        description="`read`: GET; `write`: all but keys, passwords, tokens and accounts",
        examples=["read"],
    )
    expires_at: Future | None = Field(
        default=None, description="when it ends by itself; never when left out"
    )


class ApiKeyOut(Output):
    """An API key, without its secret."""

    id: uuid.UUID
    account: str = Field(description="the account that owns it", examples=["acme"])
    name: str = Field(examples=["deploy pipeline"])
    permission: Permission = Field(examples=["read"])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None = Field(examples=["192.0.2.7"])

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyOut":
        """The answer that tells ``key``."""
        return cls.model_validate(key)


class NewApiKeyOut(ApiKeyOut):
    """A new API key, with its secret, which is shown this once."""

    secret: str = Field(examples=["mak_…"])

    @classmethod
    def with_secret(cls, key: ApiKey, secret: str) -> "NewApiKeyOut":
        """The answer that tells ``key`` and its ``secret``."""
        return cls(**ApiKeyOut.of(key).model_dump(), secret=secret)
