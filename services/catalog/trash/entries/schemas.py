"""Requests and responses of ``/trash``."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from libs.common.web.fields import Body, Output
from services.catalog.images.schemas import TagName
from services.catalog.trash.domain import Kind, Status
from services.catalog.trash.restoring.domain import Result

_DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class TrashEntryOut(Output):
    """Something that was deleted and can be restored."""

    id: int = Field(examples=[17])
    kind: Kind = Field(description="`manifest`: an image with all its tags")
    path: str = Field(
        description="the deleted object: `team`, `team/app`, `team/app:v1`, or `team/app@sha256:…`",
        examples=["team/app:v1"],
    )
    status: Status = Field(
        description="`deleting`: the deletion is not finished, so it cannot be restored yet"
    )
    account: str = Field(description="owner of the deleted object", examples=["acme"])
    deleted_by: str | None = Field(
        description="account that deleted it; null: a Docker user or the operator",
        examples=["acme"],
    )
    docker_user: str | None = Field(
        description="Docker user that deleted it with a Docker client", examples=["ci-builder"]
    )
    via: str | None = Field(
        description="`session`, or the name of the API key", examples=["session"]
    )
    client_address: str | None = Field(examples=["192.0.2.7"])
    deleted_at: datetime = Field(description="UTC")
    expires_at: datetime = Field(description="UTC; until then, it can be restored")
    size_bytes: int = Field(
        description="as the deleted object showed it before", examples=[73400320]
    )
    digest: str | None = Field(
        description="of a tag or an image; null for a repository or a namespace",
        examples=[_DIGEST],
    )
    tags: list[str] = Field(
        description="at most 100 tags of a tag or an image", examples=[["v1", "latest"]]
    )
    tag_count: int = Field(examples=[2])
    repository_count: int = Field(
        description="how many repositories of a namespace were deleted with it", examples=[0]
    )


class RestoreIn(Body):
    """How to restore."""

    tag: TagName | None = Field(
        default=None,
        description="for a tag or an image: the tag to set if the deleted one exists again",
        examples=["v1-restored"],
    )


class RestoredOut(Output):
    """What was restored."""

    status: Literal["restored", "restoring"] = Field(
        description="`restoring`: it takes longer, and goes on after the response; the entry "
        "leaves the trash when all is restored"
    )
    kind: Kind
    path: str = Field(examples=["team/app:v1"])
    tags: list[str] = Field(description="at most 100 tags that were restored", examples=[["v1"]])
    taken_tags: list[str] = Field(
        description="at most 100 tags that were not restored, because they exist again"
    )
    missing: list[str] = Field(
        description="at most 100 images that could not be restored; they stay in the trash"
    )
    vanished_docker_users: list[str] = Field(
        description="Docker users that were deleted, so that their grants could not be restored"
    )

    @classmethod
    def of(cls, result: Result, *, kind: Kind, path: str) -> Self:
        """Return the response for ``result``."""
        return cls(
            status="restored" if result.is_complete else "restoring",
            kind=kind,
            path=path,
            tags=sorted(result.tags)[:_MAX_NAMES],
            taken_tags=sorted(result.taken_tags)[:_MAX_NAMES],
            missing=sorted(result.missing)[:_MAX_NAMES],
            vanished_docker_users=sorted(result.vanished),
        )


_MAX_NAMES = 100
