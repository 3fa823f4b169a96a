"""Scopes are parsed, merged, and intersected (Distribution token spec, "Token Scope")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.access.domain import Permission, allowed_actions
from services.auth.registry_tokens.domain import (
    LIST_REPOSITORIES,
    MAX_SCOPES,
    Scope,
    includes_write,
    intersect,
    parse_scope,
    parse_scopes,
    scope_text,
)

namespaces = st.from_regex(r"[a-z0-9]{2,8}([._-][a-z0-9]{1,4})?", fullmatch=True)
names = st.from_regex(r"[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}", fullmatch=True)
actions = st.lists(st.sampled_from(["pull", "push", "delete", "*", ""]), min_size=1, max_size=5)


@given(st.text())
def test_parsed_scope_has_a_valid_repository_whatever_the_text(text: str) -> None:
    scope = parse_scope(text)
    if scope is not None and scope is not LIST_REPOSITORIES:
        assert scope.repository.startswith(f"{scope.namespace}/")
        assert scope.repository == scope.repository.lower()
        assert text.startswith("repository")


@given(namespaces, names, actions)
def test_valid_scope_is_parsed(namespace: str, name: str, requested: list[str]) -> None:
    scope = parse_scope(f"repository:{namespace}/{name}:{','.join(requested)}")
    assert scope is not None
    assert (scope.namespace, scope.repository) == (namespace, f"{namespace}/{name}")
    assert scope.actions == tuple(dict.fromkeys(requested))


@given(st.lists(st.tuples(namespaces, names, actions), max_size=100), st.sampled_from(Permission))
def test_access_is_the_intersection_of_request_and_permission(
    requested: list[tuple[str, str, list[str]]], permission: Permission
) -> None:
    texts = [
        f"repository:{namespace}/{name}:{','.join(acts)}" for namespace, name, acts in requested
    ]
    scopes = parse_scopes(texts)
    assert len(scopes) <= MAX_SCOPES
    assert scopes == parse_scopes([" ".join(texts)])
    assert len({scope.repository for scope in scopes}) == len(scopes)
    permissions = {namespace: permission for namespace, _, _ in requested[::2]}
    access = intersect(scopes, permissions)
    granted = {scope.repository: scope.actions for scope in access}
    for scope in scopes:
        allowed = allowed_actions(permissions.get(scope.namespace, Permission.NONE))
        wanted = set(allowed) if "*" in scope.actions else set(scope.actions) & set(allowed)
        actions = granted.pop(scope.repository, ())
        assert set(actions) == wanted
        assert len(actions) == len(wanted)
    assert not granted
    assert all(scope.actions for scope in access)
    assert includes_write(access) == any(
        {"push", "delete"} & set(scope.actions) for scope in access
    )
    assert len(scope_text(access).split()) == len(access)


@given(actions, st.sampled_from(Permission))
def test_granted_actions_are_in_the_order_of_the_request(
    requested: list[str], permission: Permission
) -> None:
    scope = parse_scope(f"repository:team/app:{','.join(requested)}")
    assert scope is not None
    allowed = allowed_actions(permission)
    granted = [
        action
        for name in requested
        for action in (allowed if name == "*" else (name,))
        if action in allowed
    ]
    assert intersect([scope], {"team": permission}) == (
        (Scope("team/app", "team", tuple(dict.fromkeys(granted))),) if granted else ()
    )


@pytest.mark.parametrize(
    ("requested", "permission", "granted"),
    [
        ("pull,push,delete", Permission.PULL, "pull"),
        ("pull,push,delete", Permission.PUSH, "pull,push"),
        ("pull,push,delete", Permission.DELETE, "pull,push,delete"),
        ("delete", Permission.PUSH, ""),
        ("delete", Permission.DELETE, "delete"),
        ("push,pull,delete", Permission.DELETE, "push,pull,delete"),
        ("*", Permission.NONE, ""),
        ("*", Permission.PULL, "pull"),
        ("*", Permission.PUSH, "pull,push"),
        ("*", Permission.DELETE, "pull,push,delete"),
        ("push,*", Permission.DELETE, "push,pull,delete"),
        ("*,delete", Permission.DELETE, "pull,push,delete"),
        ("*,delete", Permission.PUSH, "pull,push"),
    ],
)
def test_wildcard_becomes_the_allowed_actions(
    requested: str, permission: Permission, granted: str
) -> None:
    scopes = parse_scopes([f"repository:team/app:{requested}"])
    text = scope_text(intersect(scopes, {"team": permission}))
    assert text == (f"repository:team/app:{granted}" if granted else "")


def test_name_with_a_port_is_not_cut_at_its_colon() -> None:
    assert parse_scope("repository:ex.com:5000/foo:pull") is None
    assert parse_scope("repository:ex.com/foo:bar:pull") is None


@pytest.mark.parametrize("kind", ["repository(plugin)", "repository"])
def test_class_of_a_repository_is_ignored(kind: str) -> None:
    scope = parse_scope(f"{kind}:team/app:pull")
    assert scope is not None
    assert scope.repository == "team/app"
    assert parse_scope("repository(plugin:team/app:pull") is None


def test_malformed_scope_does_not_affect_the_others() -> None:
    scopes = parse_scopes(["repository:Team/app:pull repository:team/app:pull"])
    assert [scope.repository for scope in scopes] == ["team/app"]


def test_a_scope_has_at_most_eight_actions() -> None:
    scope = parse_scope("repository:team/app:" + ",".join("abcdefgh") + ",pull" * 20_000)
    assert scope is not None
    assert scope.actions == tuple("abcdefgh")


@pytest.mark.parametrize("actions", ["*", "pull,*", "*,*"])
def test_list_of_repositories_is_granted_as_an_action_that_the_registry_does_not_honor(
    actions: str,
) -> None:
    scopes = parse_scopes(
        [f"registry:catalog:{actions} repository:team/app:pull", "registry:catalog:*"]
    )
    access = intersect(scopes, {"team": Permission.PULL})
    assert scope_text(access) == "registry:catalog:list repository:team/app:pull"
    assert not includes_write(access)


@pytest.mark.parametrize(
    "scope",
    [
        "registry:catalog:",
        "registry:catalog",
        "registry:catalog:pull",
        "registry:catalog:list",
        "registry:catalog:**",
        "registry:Catalog:*",
        "registry:catalog:x:*",
        "registry:*:*",
        "registry::*",
        "registry(x):catalog:*",
        "Registry:catalog:*",
        "repository:catalog:*",
        "registry:catalog:" + "x," * 8 + "*",
    ],
)
def test_malformed_scope_of_the_list_grants_nothing(scope: str) -> None:
    assert parse_scopes([scope]) == []


def test_list_of_repositories_counts_among_the_scopes() -> None:
    others = [f"repository:team/app{number}:pull" for number in range(MAX_SCOPES)]
    assert LIST_REPOSITORIES in parse_scopes([*others[1:], "registry:catalog:*"])
    assert LIST_REPOSITORIES not in parse_scopes([*others, "registry:catalog:*"])
