"""The grammar of names, and cursors that were tampered with."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.db.pagination import PageRequest, encode_cursor
from libs.common.registry.names import is_namespace, is_username, split_repository
from libs.common.web.errors import Invalid


@pytest.mark.parametrize("name", ["ab", "a1", "team", "my-team", "a.b_c-d", "0" * 63])
def test_names_within_the_grammar(name: str) -> None:
    assert is_namespace(name)
    assert is_username(name)


@pytest.mark.parametrize(
    "name", ["", "a", "A1", "-ab", ".ab", "a b", "a\0b", "ab\n", "команда", "0" * 64, "a/b", "*"]
)
def test_names_outside_the_grammar(name: str) -> None:
    assert not is_namespace(name)
    assert not is_username(name)


@pytest.mark.parametrize("name", ["a..b", "a--b", "ab-", "a._b"])
def test_a_namespace_has_single_separators_inside(name: str) -> None:
    assert not is_namespace(name)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("team/app", ("team", "app")),
        ("team/charts/web", ("team", "charts/web")),
        ("team/a__b", ("team", "a__b")),
        ("team/a---b", ("team", "a---b")),
        ("team", None),
        ("team/", None),
        ("team//app", None),
        ("team/App", None),
        ("team/a___b", None),
        ("team/app\n", None),
        ("team/" + "a" * 250, ("team", "a" * 250)),
        ("team/" + "a" * 251, None),
    ],
)
def test_repository_paths(path: str, parts: tuple[str, str] | None) -> None:
    assert split_repository(path) == parts


keys = st.lists(
    st.none()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    | st.integers(-(2**60), 2**60),
    min_size=2,
    max_size=2,
)


@given(keys)
def test_a_cursor_is_read_back(key: list[str | int | None]) -> None:
    cursor = encode_cursor("name", tuple(key))
    assert PageRequest(limit=1, cursor=cursor).after("name", 2) == tuple(key)


@given(
    st.text(max_size=200)
    | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_a_cursor_that_was_tampered_with_is_refused_with_its_name(cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        PageRequest(limit=1, cursor=cursor).after("name", 2)


def test_a_cursor_of_another_order_is_refused() -> None:
    cursor = encode_cursor("name", ("a", 1))
    with pytest.raises(Invalid):
        PageRequest(limit=1, cursor=cursor).after("-pull_count", 2)
    with pytest.raises(Invalid):
        PageRequest(limit=1, cursor=cursor).after("name", 3)
