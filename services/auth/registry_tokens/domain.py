"""Scopes: how they are written, merged, and cut down to what is allowed (Distribution token spec, "Token Scope Documentation")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from libs.common.registry.names import split_repository
from services.auth.access.domain import Permission, allowed_actions

MAX_SCOPES = 64


@dataclass(frozen=True, slots=True)
class Scope:
    """Actions asked for on one repository. ``repository`` is the whole path, ``namespace`` its first component."""

    repository: str
    namespace: str
    actions: tuple[str, ...]


Access = tuple[Scope, ...]
"""What a token grants: at most one scope per repository, none of them empty."""


def parse_scope(text: str) -> Scope | None:
    """The scope that ``text`` writes, ``type:name:action[,action…]``, or None when it is none that could ever be granted.

    The type ends at the first colon, the actions begin after the last, since a name may hold one (``host:5000/app``). A class, as in
    ``repository(plugin)``, is stripped: the registry does not match it.
    """
    kind, _, rest = text.partition(":")
    name, _, actions = rest.rpartition(":")
    if kind.partition("(")[0] != "repository" or (kind != "repository" and not kind.endswith(")")):
        return None
    parts = split_repository(name)
    if parts is None:
        return None
    return Scope(name, parts[0], tuple(dict.fromkeys(actions.split(","))))


def parse_scopes(values: Iterable[str]) -> list[Scope]:
    """The scopes in ``values``, each of which may hold several with spaces between; the first 64 are considered, malformed ones grant
    nothing, and those of one repository are merged in the order of the request."""
    merged: dict[str, Scope] = {}
    texts = [text for value in values for text in value.split(" ", MAX_SCOPES) if text]
    for text in texts[:MAX_SCOPES]:
        scope = parse_scope(text)
        if scope is None:
            continue
        before = merged.get(scope.repository)
        actions = (
            scope.actions
            if before is None
            else tuple(dict.fromkeys(before.actions + scope.actions))
        )
        merged[scope.repository] = Scope(scope.repository, scope.namespace, actions)
    return list(merged.values())


def intersect(scopes: Iterable[Scope], permissions: Mapping[str, Permission]) -> Access:
    """What of ``scopes`` is allowed, given the permission in each namespace; what is not named there is denied."""
    granted = []
    for scope in scopes:
        allowed = allowed_actions(permissions.get(scope.namespace, Permission.NONE))
        actions = tuple(action for action in scope.actions if action in allowed)
        if actions:
            granted.append(
                scope
                if actions == scope.actions
                else Scope(scope.repository, scope.namespace, actions)
            )
    return tuple(granted)


def includes_push(access: Access) -> bool:
    """Whether a token with ``access`` can upload, and so must outlive a long upload."""
    return any("push" in scope.actions for scope in access)


def scope_text(access: Access) -> str:
    """``access`` as one space-joined scope, as a POST answer tells it."""
    return " ".join(f"repository:{scope.repository}:{','.join(scope.actions)}" for scope in access)
