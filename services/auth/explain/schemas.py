"""The response of `/access/explain`."""

from pydantic import Field

from libs.common.web.fields import Output
from services.auth.explain.domain import Rule


class ExplanationOut(Output):
    """Whether a token would allow the action, and why."""

    allowed: bool = Field(
        description="whether a registry token issued now would allow the action", examples=[False]
    )
    rule: Rule = Field(description="the rule that decides", examples=["no_grant"])
    reason: str = Field(
        description="why, and what to change if the action is denied",
        examples=["'team' is private, and 'ci-builder' has no grant in it. Add a `pull` grant."],
    )
