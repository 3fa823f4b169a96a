"""The responses of ``/audit``."""

import uuid
from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output


class AuditEntryOut(Output):
    """One change, one push, or refused credentials."""

    at: datetime = Field(description="time of the change, UTC")
    account: str | None = Field(
        description=(
            "account that made the change; null if no account was signed in, if a Docker user"
            " pushed or deleted, or if the operator used the command line"
        ),
        examples=["acme"],
    )
    owner: str | None = Field(
        description="account that owns the object; null if no account does", examples=["acme"]
    )
    docker_user: str | None = Field(
        description="Docker user that pushed, or deleted with a Docker client; else null",
        examples=["ci-builder"],
    )
    via: str | None = Field(
        description=(
            "`session`, the name of the API key with the id `api_key_id`, `command line`, or"
            " `retention` (a rule of the namespace or repository); null for Docker users, refused"
            " credentials, and entries from before 0.1.0"
        ),
        examples=["session"],
    )
    api_key_id: uuid.UUID | None = Field(
        description="id of the API key; null if the change was not made with one"
    )
    action: str = Field(description="`noun.verb`", examples=["namespace.change"])
    target: str = Field(
        description="the object's path below `/api/v1/`", examples=["namespaces/team"]
    )
    changes: dict[str, list[str | int | bool | None]] = Field(
        description=(
            "value before and value after, by field; `[null, null]` for a secret; a long text is"
            " cut and ends with `…`"
        ),
        examples=[{"visibility": ["private", "public"]}],
    )
    occurrences: int = Field(
        description=(
            "for refused credentials: how many refusals the entry stands for, all within an hour;"
            " otherwise 1"
        ),
        examples=[1],
    )
    client_address: str | None = Field(examples=["203.0.113.7"])
