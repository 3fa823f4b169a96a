"""Why a Docker user may or may not do something, in words a person can act on."""

from dataclasses import dataclass
from typing import Literal

from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.auth.credentials.domain import Credential, Nobody

Action = Literal["pull", "push", "delete"]


class NoSuchNamespace(NotFound):
    """The account owns no namespace of this name."""

    code, title = "namespace_not_found", "There is no such namespace"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: ``allowed`` is what the token issuer decided, ``reason`` why."""

    allowed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class NamespaceOwner:
    """An account, or an administrator, with a namespace whose access it may ask about."""

    principal: Principal
    namespace: str
    visibility: Literal["public", "private"]


def reason(
    owner: NamespaceOwner,
    user: Credential | Nobody | None,
    name: str,
    action: Action,
    *,
    allowed: bool,
) -> str:
    """The sentence that goes with the decision ``allowed``. ``user`` None is someone who does not sign in."""
    space = owner.namespace
    if action == "delete":
        return "Docker users never delete; the namespace's owner does, through the API or console (rule 5)"
    if isinstance(user, Nobody):
        return f"There is no Docker user {name!r}; check the name (rule 4)"
    if user is not None and user.disabled:
        return f"{name!r} or its account is disabled; enable it (rule 4)"
    if user is None:
        return _anonymous_reason(space, owner.visibility, action, allowed=allowed)
    if allowed:
        return _granted_reason(space, owner.visibility, name, action)
    if action == "push":
        return f"{name!r} has no push grant in {space!r}: give it `push` there (rule 3)"
    return f"{space!r} is private and {name!r} has no grant in it: give it `pull` or `push` there (rule 2)"


def _granted_reason(space: str, visibility: str, name: str, action: Action) -> str:
    if action == "pull" and visibility == "public":
        return f"{space!r} is public: any Docker user that signs in may pull (rule 1)"
    if action == "pull":
        return f"{name!r} has a grant in {space!r} (rule 2)"
    return f"{name!r} has a push grant in {space!r} (rule 3)"


def _anonymous_reason(space: str, visibility: str, action: Action, *, allowed: bool) -> str:
    if allowed:
        return f"{space!r} is public, and anyone may pull without signing in (rule 1)"
    if action == "push":
        return "Nobody pushes without signing in as a Docker user with a push grant (rule 3)"
    if visibility == "public":
        return f"{space!r} is public, but one must sign in as a Docker user to pull (rule 1)"
    return f"{space!r} is private: one must sign in as a Docker user with a grant in it (rule 2)"
