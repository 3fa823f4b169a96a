"""Bodies of the session endpoints."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.common.web.fields import Body, Output


class SessionIn(Body):
    """A user name and a password."""

    username: str = Field(min_length=1, max_length=63, examples=["admin"])
    password: str = Field(min_length=1, max_length=128, examples=["correct horse battery staple"])


class AccountOut(Output):
    """The account that is signed in."""

    username: str = Field(examples=["admin"])
    role: Literal["admin", "member"] = Field(examples=["admin"])
    created_at: datetime


class SessionOut(Output):
    """An access token for the JSON API, to send as `Authorization: Bearer …`."""

    access_token: str = Field(description="valid for `expires_in` seconds; ends with its session")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds", examples=[300])
    account: AccountOut
