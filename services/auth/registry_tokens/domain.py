"""Scopes: how to parse them, merge them, and intersect them with permissions.

Source: Distribution token spec, "Token Scope Documentation".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from libs.common.registry.names import split_repository
from services.auth.access.domain import Permission, allowed_actions

MAX_SCOPES = 64
MAX_ACTIONS = 8
"""How many actions of one scope are considered. There are four: pull, push, delete, and `*`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Actions on one repository; ``namespace`` is the first component of the path."""

    repository: str
    namespace: str
    actions: tuple[str, ...]
    kind: str = "repository"


LIST_REPOSITORIES: Final = Scope("catalog", "", ("list",), kind="registry")
"""The list of the repositories that the token's subject can pull (spec 15).

Clients request the action ``*``. Distribution honors only ``*`` here, so this token opens nothing
at the registry: the catalog answers.
"""

Access = tuple[Scope, ...]
"""What a token grants: at most one scope per name, each with at least one action."""


def parse_scope(text: str) -> Scope | None:
    """Parse ``type:name:action[,action…]``; return None for a scope that can never be granted.

    The type ends at the first colon and the actions begin after the last, because a name may
    contain a colon (``host:5000/app``). A class, as in ``repository(plugin)``, is removed: the
    registry does not match it. Actions after the eighth are ignored.
    """
    kind, _, rest = text.partition(":")
    name, _, actions = rest.rpartition(":")
    considered = actions.split(",", MAX_ACTIONS)[:MAX_ACTIONS]
    if kind == "registry":
        return LIST_REPOSITORIES if name == "catalog" and "*" in considered else None
    if kind.partition("(")[0] != "repository" or (kind != "repository" and not kind.endswith(")")):
        return None
    parts = split_repository(name)
    if parts is None:
        return None
    return Scope(name, parts[0], tuple(dict.fromkeys(considered)))


def parse_scopes(values: Iterable[str]) -> list[Scope]:
    """Parse ``values``, each of which can hold several scopes separated by spaces.

    Scopes of one repository are merged, in the order of the request. A malformed scope grants
    nothing, and scopes after the 64th are ignored.
    """
    merged: dict[str, Scope] = {}
    texts = [text for value in values for text in value.split(" ", MAX_SCOPES) if text]
    for text in texts[:MAX_SCOPES]:
        scope = parse_scope(text)
        if scope is None:
            continue
        first = merged.setdefault(scope.repository, scope)
        if first is not scope:
            actions = tuple(dict.fromkeys(first.actions + scope.actions))
            merged[scope.repository] = Scope(scope.repository, scope.namespace, actions)
    return list(merged.values())


def intersect(scopes: Iterable[Scope], permissions: Mapping[str, Permission]) -> Access:
    """Return the part of ``scopes`` that ``permissions``, by namespace, allow.

    A namespace that is missing from ``permissions`` allows nothing. A requested `*`, as `skopeo
    delete` and `podman` send it, stands for every action that the permission allows: the registry
    would take `*` in a token for any action. Everybody may list repositories: the list has only
    those that the client can pull.
    """
    granted = []
    for scope in scopes:
        if scope is LIST_REPOSITORIES:
            granted.append(scope)
            continue
        allowed = allowed_actions(permissions.get(scope.namespace, Permission.NONE))
        requested = _expand(scope.actions, allowed) if "*" in scope.actions else scope.actions
        actions = tuple(action for action in requested if action in allowed)
        if actions:
            granted.append(
                scope
                if actions == scope.actions
                else Scope(scope.repository, scope.namespace, actions)
            )
    return tuple(granted)


def _expand(requested: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``requested`` with ``allowed`` in the place of `*`."""
    names = (name for action in requested for name in (allowed if action == "*" else (action,)))
    return tuple(dict.fromkeys(names))


def includes_write(access: Access) -> bool:
    """Return whether a token with ``access`` can push or delete.

    Such a token must outlast a long upload, or the deletion of many images.
    """
    return any("push" in scope.actions or "delete" in scope.actions for scope in access)


def scope_text(access: Access) -> str:
    """Return ``access`` in the space-separated form of a POST response."""
    return " ".join(
        f"{scope.kind}:{scope.repository}:{','.join(scope.actions)}" for scope in access
    )
