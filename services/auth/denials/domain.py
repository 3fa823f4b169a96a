"""Denials: requests of Docker clients for more than they may do in a namespace (spec 8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Action = Literal["pull", "push", "delete"]
Rule = Literal["anonymous", "no_grant", "limited_token", "name_reserved"]
Client = Literal["docker_user", "other_account", "anonymous"]

ACTIONS: Final[tuple[Action, ...]] = ("pull", "push", "delete")
KEPT_DAYS: Final = 7
MAX_PER_CLIENT: Final = 20
"""How many denials of one client a namespace lists, so that no client fills the list."""
MAX_PER_NAMESPACE: Final = 500


@dataclass(frozen=True, slots=True)
class Denied:
    """What was denied to whom. A ``docker_user_id`` of 0 stands for anonymous clients."""

    namespace: str
    docker_user_id: int
    repository: str
    action: Action
    rule: Rule


@dataclass(frozen=True, slots=True)
class Denial:
    """All denials of one client, repository, action, and rule, the first one at ``since``.

    ``docker_user`` is None for anonymous clients, and for Docker users of other accounts that have
    no grant in the namespace: their names are not shown (spec 2.10).
    """

    client: Client
    docker_user: str | None
    repository: str
    action: Action
    rule: Rule
    occurrences: int
    since: datetime
    last_at: datetime


def denied_action(requested: Iterable[str], granted: Sequence[str]) -> Action | None:
    """Return the action that was requested and not granted, or None.

    Of several, it is the strongest, which is what the client set out to do. Clients request ``*``
    to get whatever they may do, so that is denied only if nothing was granted.
    """
    requested = set(requested)
    for action in reversed(ACTIONS):
        if action in requested and action not in granted:
            return action
    return "pull" if "*" in requested and not granted else None


def denying_rule(*, is_reserved: bool, allowed: Sequence[str], action: Action) -> Rule:
    """Return the rule that denies a Docker user ``action`` on a repository.

    ``is_reserved`` is whether its name is reserved. The Docker user's grants permit ``allowed``.
    """
    if is_reserved:
        return "name_reserved"
    return "limited_token" if action in allowed else "no_grant"
