"""The response of the list of denials."""

from datetime import datetime

from pydantic import Field

from libs.common.web.fields import Output
from services.auth.denials.domain import Action, Client, Rule


class DenialOut(Output):
    """Denials of one client, repository, action, and rule."""

    client: Client = Field(
        description="`other_account`: a Docker user of another account without a grant; its name "
        "is not shown",
        examples=["docker_user"],
    )
    docker_user: str | None = Field(
        description="null for anonymous clients and other accounts", examples=["ci-builder"]
    )
    repository: str = Field(examples=["team/app"])
    action: Action = Field(
        description="the strongest action that was requested and denied", examples=["push"]
    )
    rule: Rule = Field(
        description="`limited_token`: the access token allows less than the grant",
        examples=["no_grant"],
    )
    occurrences: int = Field(description="how many tokens lacked the action", examples=[3])
    since: datetime = Field(description="the first of these denials")
    last_at: datetime = Field(description="the last of these denials")
