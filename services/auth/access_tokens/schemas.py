"""Bodies of the token calls."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.common.web.fields import (
    Body,
    Future,
    Name,
    Output,
)
from services.auth.access_tokens.domain import Ceiling, ListedToken


class TokenCreate(Body):
    """A new access token."""

    name: Name = Field(examples=["build server"])
    permission: Ceiling = Field(
        description="its ceiling; it never allows more than the Docker user's grants",
        examples=["pull"],
    )
    expires_at: Future | None = Field(
        default=None, description="when it ends by itself; never when left out"
    )


class TokenOut(Output):
    """An access token or a login, without its secret."""

    id: uuid.UUID
    kind: Literal["access", "login"] = Field(
        description="`login`: a refresh token that `docker login` or another client keeps"
    )
    name: str = Field(description="of a login: the client's name", examples=["build server"])
    permission: Ceiling = Field(examples=["pull"])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None = Field(examples=["192.0.2.7"])

    @classmethod
    def of(cls, token: ListedToken) -> "TokenOut":
        """The answer that tells ``token``."""
        return cls.model_validate(token)


class NewTokenOut(TokenOut):
    """A new access token, with its secret, which is shown this once."""

    secret: str = Field(examples=["mat_…"])

    @classmethod
    def with_secret(cls, token: ListedToken, secret: str) -> "NewTokenOut":
        """The answer that tells ``token`` and its ``secret``."""
        return cls(**TokenOut.of(token).model_dump(), secret=secret)
