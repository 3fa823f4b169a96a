"""The response of ``…/rules/preview``."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from libs.common.web.fields import Output
from services.catalog.retention.domain import Reason
from services.catalog.retention.preview import Item, Preview

_DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class ObstacleOut(Output):
    """Why retention does not run now."""

    code: Literal["counting_behind", "dead_letters", "counts_too_young"]
    detail: str = Field(
        examples=[
            "Pulls are known since 2026-11-17 12:01 UTC, and a rule asks for the last 30 days. "
            "Retention waits until 2026-12-17 12:01 UTC."
        ]
    )


class DecisionOut(Output):
    """What retention would do with one tag."""

    repository: str = Field(description="path of the repository", examples=["team/app"])
    tag: str = Field(examples=["v1"])
    digest: str = Field(examples=[_DIGEST])
    pushed_at: datetime = Field(description="UTC")
    last_used_at: datetime | None = Field(
        description="latest of the tag's pulls, its checks, and the pulls of its digest, UTC; null:"
        " never"
    )
    decision: Literal["delete", "keep"]
    reason: str = Field(
        description="why, as a sentence",
        examples=['The rule for "*" keeps the newest 10 tags, and this tag is number 3.'],
    )
    reason_code: Reason = Field(
        description="why: `immutable`, `no_rule`, the condition of the rule that keeps the tag, or"
        " `not_kept` for a tag that is deleted",
        examples=["keep_last"],
    )
    rule: int | None = Field(
        description="index in `retention` of the rule that keeps the tag, or of the first rule that"
        " matches it if it is deleted; null if no rule decides",
        examples=[0],
    )

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the decision about a tag."""
        one = item.decided
        return cls(
            repository=item.repository,
            tag=one.tag.name,
            digest=one.tag.digest,
            pushed_at=one.tag.pushed_at,
            last_used_at=one.tag.last_used_at,
            decision=one.decision,
            reason=one.reason,
            reason_code=one.reason_code,
            rule=one.rule,
        )


class PreviewOut(Output):
    """What retention would delete at a moment, a page of tags at a time."""

    at: datetime = Field(description="the moment, UTC; the next pages are for the same one")
    deleted_count: int = Field(description="of all pages", examples=[120])
    kept_count: int = Field(description="of all pages", examples=[34])
    obstacles: list[ObstacleOut] = Field(
        description="why retention would not run now; empty if nothing keeps it from running"
    )
    items: list[DecisionOut] = Field(description="in the order of repositories and tags")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page."
    )

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """Return a page of the preview."""
        return cls(
            at=preview.at,
            deleted_count=preview.deleted_count,
            kept_count=preview.kept_count,
            obstacles=[ObstacleOut.model_validate(one) for one in preview.obstacles],
            items=[DecisionOut.of(item) for item in preview.items],
            next_cursor=preview.next_cursor,
        )
