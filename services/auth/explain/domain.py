"""Explains in a sentence why a Docker user may or may not do something."""

from dataclasses import dataclass
from typing import Literal

from services.auth.access.domain import Namespace, Permission, Visibility
from services.auth.credentials.domain import Credential, Nobody

Action = Literal["pull", "push", "delete"]
Rule = Literal[
    "public",
    "granted",
    "no_grant",
    "weaker_grant",
    "user_disabled",
    "user_unknown",
    "anonymous",
    "name_reserved",
]
"""The rule that decides, for programs that show it in another language."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a token would allow an action, and why."""

    allowed: bool
    rule: Rule
    reason: str


def deciding_rule(
    docker_user: Credential | Nobody | None,
    grant: Permission | None,
    visibility: Visibility,
    action: Action,
    *,
    allowed: bool,
) -> Rule:
    """Return the rule by which ``docker_user`` may or may not do ``action``; see `reason`."""
    if isinstance(docker_user, Nobody):
        return "public" if allowed else "user_unknown"
    if docker_user is not None and docker_user.disabled:
        return "user_disabled"
    if allowed:
        return "public" if action == "pull" and visibility == "public" else "granted"
    if docker_user is None:
        return "anonymous"
    return "no_grant" if grant is None else "weaker_grant"


def reserved_reason(repository: str) -> str:
    """Return the reason why nobody gets a token for a deleted repository."""
    return (
        f"{repository!r} is being deleted, or was deleted a short while ago. Nobody gets access to "
        "it until its name is free again."
    )


def reason(
    namespace: Namespace,
    docker_user: Credential | Nobody | None,
    username: str,
    grant: Permission | None,
    action: Action,
    *,
    allowed: bool,
) -> str:
    """Return the reason why ``docker_user`` may or may not do ``action``.

    The token issuer has decided ``allowed``. A ``docker_user`` of None stands for an anonymous
    client, and Nobody for a Docker user that does not exist or that the caller cannot see.
    ``username`` is the requested name. ``grant`` is the Docker user's grant in the namespace.
    """
    if isinstance(docker_user, Nobody):
        return _unseen_reason(namespace.name, username, allowed=allowed)
    if docker_user is not None and docker_user.disabled:
        return f"The Docker user {username!r} or its account is disabled. Enable it."
    if docker_user is None:
        return _anonymous_reason(namespace.name, namespace.visibility, action, allowed=allowed)
    if allowed:
        return _granted_reason(namespace, username, grant, action)
    if action == "pull":
        return (
            f"{namespace.name!r} is private, and {username!r} has no grant in it. Add a `pull` "
            "grant."
        )
    missing = f"{username!r} has no {action} grant in {namespace.name!r}."
    if grant is None:
        return f"{missing} Add a `{action}` grant."
    return f"{missing} Its grant is `{grant.name.lower()}`. Change it to `{action}`."


def _unseen_reason(namespace: str, username: str, *, allowed: bool) -> str:
    if allowed:
        return (
            f"{namespace!r} is public. Every Docker user who signs in may pull. There is no Docker "
            f"user {username!r} in your account, and none with a grant: check the name."
        )
    return (
        f"There is no Docker user {username!r} in your account, and none with a grant in "
        f"{namespace!r}. Check the name, or add a grant."
    )


def _granted_reason(
    namespace: Namespace, username: str, grant: Permission | None, action: Action
) -> str:
    if action == "pull" and namespace.visibility == "public":
        return f"{namespace.name!r} is public. Every Docker user who signs in may pull."
    if action == "pull":
        return f"{username!r} has a grant in {namespace.name!r}."
    if action == "push" and grant is Permission.DELETE:
        return f"{username!r} has a delete grant in {namespace.name!r}, which includes push."
    return f"{username!r} has a {action} grant in {namespace.name!r}."


def _anonymous_reason(
    namespace: str, visibility: Visibility, action: Action, *, allowed: bool
) -> str:
    if allowed:
        return f"{namespace!r} is public. Anyone may pull without signing in."
    if action == "push":
        return "Pushing requires a Docker user with a push grant."
    if action == "delete":
        return "Deleting requires a Docker user with a delete grant."
    if visibility == "public":
        return f"{namespace!r} is public, but pulling requires signing in as a Docker user."
    return f"{namespace!r} is private. Pulling requires a Docker user with a grant in it."
