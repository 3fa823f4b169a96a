"""Requests and responses of ``…/rules``."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, model_validator

from libs.common.web.fields import Body, Output
from services.catalog.rules.domain import (
    MAX_KEEP_DAYS,
    MAX_KEEP_LAST,
    MAX_PATTERN_LENGTH,
    MAX_PATTERNS,
    MAX_RETENTION_RULES,
    RetentionRule,
    Rules,
    Source,
    check_pattern,
)


def _pattern(value: str) -> str:
    check_pattern(value)
    return value


TagPattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_PATTERN_LENGTH,
        description="Shell pattern: `*` is any text, `?` one character, `[0-9]` one of a set, "
        "`[!0-9]` one of all others. Upper and lower case differ. No pattern matches tags that "
        "belong to other images, such as `sha256-….sig`.",
        examples=["v*"],
    ),
    AfterValidator(_pattern),
]
KeepLast = Annotated[
    StrictInt,
    Field(
        ge=1,
        le=MAX_KEEP_LAST,
        description="keep this many of the matching tags: those pushed last",
        examples=[10],
    ),
]
KeepPulledDays = Annotated[
    StrictInt,
    Field(
        ge=1,
        le=MAX_KEEP_DAYS,
        description="keep tags that were used within this number of days",
        examples=[30],
    ),
]
KeepPushedDays = Annotated[
    StrictInt,
    Field(
        ge=1,
        le=MAX_KEEP_DAYS,
        description="keep tags that were pushed within this number of days",
        examples=[7],
    ),
]
_PATTERNS = "tags that match one of these patterns cannot be moved or deleted once they exist"
_RETENTION = (
    "A tag is deleted if at least one rule matches it, and none of the matching rules keeps it. "
    "Immutable tags are always kept."
)
_ENABLED = "whether the retention deletes tags, once a day"


class RetentionRuleIn(Body):
    """Which of the matching tags to keep: at least one condition. Null is no such condition."""

    tags: TagPattern
    keep_last: KeepLast | None = None
    keep_pulled_within_days: KeepPulledDays | None = None
    keep_pushed_within_days: KeepPushedDays | None = None

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        conditions = (self.keep_last, self.keep_pulled_within_days, self.keep_pushed_within_days)
        if conditions == (None, None, None):
            raise ValueError(
                "must have keep_last, keep_pulled_within_days, or keep_pushed_within_days"
            )
        return self


class RulesPut(Body):
    """All rules of the namespace or repository. A field that is missing is set to its default."""

    immutable_tags: list[TagPattern] = Field(
        default=[], max_length=MAX_PATTERNS, description=_PATTERNS, examples=[["v*"]]
    )
    retention: list[RetentionRuleIn] = Field(
        default=[], max_length=MAX_RETENTION_RULES, description=_RETENTION
    )
    retention_enabled: StrictBool = Field(default=False, description=_ENABLED)

    def rules(self) -> Rules:
        """Return the rules."""
        return Rules(
            immutable_tags=tuple(self.immutable_tags),
            retention=tuple(RetentionRule(**rule.model_dump()) for rule in self.retention),
            retention_enabled=self.retention_enabled,
        )


class RetentionRuleOut(Output):
    """Which of the matching tags the retention keeps. Null is no such condition."""

    tags: str = Field(description="shell pattern", examples=["*"])
    keep_last: int | None = Field(examples=[10])
    keep_pulled_within_days: int | None = Field(examples=[30])
    keep_pushed_within_days: int | None = Field(examples=[7])


class RulesOut(Output):
    """The rules that apply."""

    immutable_tags: list[str] = Field(description=_PATTERNS, examples=[["v*"]])
    retention: list[RetentionRuleOut] = Field(description=_RETENTION)
    retention_enabled: bool = Field(description=_ENABLED, examples=[False])
    source: Source = Field(
        description="whose rules these are. Those of a repository replace all rules of its "
        "namespace. `default`: nobody has set rules, so no tag is immutable and none is deleted",
        examples=["namespace"],
    )
    updated_at: datetime | None = Field(description="last change, UTC; null: never set")
