"""Bodies of the session calls."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from libs.common.web.fields import Body
from services.auth.sessions.usecases import OpenSession


class SessionIn(Body):
    """Signing in."""

    username: str = Field(min_length=1, max_length=63, examples=["admin"])
    password: str = Field(min_length=1, max_length=128, examples=["correct horse battery staple"])


class AccountOut(BaseModel):
    """The account that is signed in."""

    username: str = Field(examples=["admin"])
    role: Literal["admin", "member"] = Field(examples=["admin"])
    created_at: datetime


class SessionOut(BaseModel):
    """An access token for the JSON API, to be sent as `Authorization: Bearer …`."""

    access_token: str = Field(description="good for `expires_in` seconds; ends with its session")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds", examples=[300])
    account: AccountOut

    @classmethod
    def of(cls, opened: OpenSession) -> "SessionOut":
        """The answer that tells ``opened``."""
        account = AccountOut.model_validate(opened.account, from_attributes=True)
        return cls(access_token=opened.access_token, expires_in=opened.expires_in, account=account)
