"""The answer of `/access/explain`."""

from pydantic import Field

from libs.common.web.fields import Output
from services.auth.explain.domain import Explanation


class ExplanationOut(Output):
    """Whether a token would allow the action, and why."""

    allowed: bool = Field(
        description="what a registry token asked for now would grant", examples=[False]
    )
    reason: str = Field(
        description="the rule that decides, or the grant that is missing",
        examples=[
            "'team' is private and 'ci-builder' has no grant in it: give it `pull` or `push` there"
        ],
    )

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplanationOut":
        """The answer that tells ``explanation``."""
        return cls.model_validate(explanation)
