"""Bodies of the token endpoints."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.common.web.fields import Body, Future, Name, Output
from services.auth.access_tokens.domain import TokenPermission


class TokenCreate(Body):
    """A new access token."""

    name: Name = Field(examples=["build server"])
    permission: TokenPermission = Field(
        description="maximum permission; `push` includes `pull`, and `delete` includes `push`; "
        "the Docker user's grants still apply",
        examples=["pull"],
    )
    expires_at: Future | None = Field(
        default=None, description="when the token expires; without it, never"
    )


class TokenOut(Output):
    """An access token or a login, without its secret."""

    id: uuid.UUID
    kind: Literal["access", "login"] = Field(
        description="`login`: a refresh token that a client such as `docker login` keeps"
    )
    name: str = Field(description="of a login: the client's name", examples=["build server"])
    permission: TokenPermission = Field(description="maximum permission", examples=["pull"])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None = Field(examples=["192.0.2.7"])


class NewTokenOut(TokenOut):
    """A new access token with its secret. No other response contains the secret."""

    secret: str = Field(examples=["mat_…"])
