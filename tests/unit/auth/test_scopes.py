"""Parsing and cutting scopes, whatever they are (Distribution token spec, "Token Scope Documentation")."""

from hypothesis import given
from hypothesis import strategies as st

from services.auth.access.domain import Permission, allowed_actions
from services.auth.registry_tokens.domain import (
    MAX_SCOPES,
    includes_push,
    intersect,
    parse_scope,
    parse_scopes,
    scope_text,
)

namespaces = st.from_regex(r"[a-z0-9]{2,8}([._-][a-z0-9]{1,4})?", fullmatch=True)
names = st.from_regex(r"[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}", fullmatch=True)
actions = st.lists(st.sampled_from(["pull", "push", "delete", "*", ""]), min_size=1, max_size=5)


@given(st.text())
def test_no_text_breaks_the_parser_and_what_it_takes_is_in_our_grammar(text: str) -> None:
    scope = parse_scope(text)
    if scope is not None:
        assert scope.repository.startswith(f"{scope.namespace}/")
        assert scope.repository == scope.repository.lower()
        assert text.startswith("repository")


@given(namespaces, names, actions)
def test_a_written_scope_is_read_back(namespace: str, name: str, asked: list[str]) -> None:
    scope = parse_scope(f"repository:{namespace}/{name}:{','.join(asked)}")
    assert scope is not None
    assert (scope.namespace, scope.repository) == (namespace, f"{namespace}/{name}")
    assert scope.actions == tuple(dict.fromkeys(asked))


@given(st.lists(st.tuples(namespaces, names, actions), max_size=100), st.sampled_from(Permission))
def test_a_grant_is_part_of_the_request_and_of_what_is_allowed(
    asked: list[tuple[str, str, list[str]]], permission: Permission
) -> None:
    texts = [f"repository:{namespace}/{name}:{','.join(acts)}" for namespace, name, acts in asked]
    scopes = parse_scopes(texts)
    assert len(scopes) <= MAX_SCOPES
    assert scopes == parse_scopes([" ".join(texts)])
    assert len({scope.repository for scope in scopes}) == len(scopes)
    known = {namespace: permission for namespace, _, _ in asked[::2]}
    access = intersect(scopes, known)
    for scope in access:
        assert set(scope.actions) <= allowed_actions(known[scope.namespace])
        assert scope.actions
    assert includes_push(access) == any("push" in scope.actions for scope in access)
    assert len(scope_text(access).split()) == len(access)


def test_delete_and_wildcard_are_in_no_permission() -> None:
    assert not {"delete", "*"} & {
        action for permission in Permission for action in allowed_actions(permission)
    }
    assert allowed_actions(Permission.NONE) == frozenset()


def test_a_port_in_a_name_is_no_end_of_it() -> None:
    assert parse_scope("repository:ex.com:5000/foo:pull") is None
    assert parse_scope("repository:ex.com/foo:bar:pull") is None
