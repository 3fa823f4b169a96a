"""The grammar of names: which names of namespaces, users, and repositories are valid."""

import pytest

from libs.common.registry.names import is_namespace, is_username, split_repository


@pytest.mark.parametrize("name", ["ab", "a1", "team", "my-team", "a.b_c-d", "0" * 63])
def test_a_valid_name_is_accepted_for_namespaces_and_users(name: str) -> None:
    assert is_namespace(name)
    assert is_username(name)


@pytest.mark.parametrize(
    "name", ["", "a", "A1", "-ab", ".ab", "a b", "a\0b", "ab\n", "команда", "0" * 64, "a/b", "*"]
)
def test_an_invalid_name_is_rejected(name: str) -> None:
    assert not is_namespace(name)
    assert not is_username(name)


@pytest.mark.parametrize("name", ["a..b", "a--b", "ab-", "a._b"])
def test_a_namespace_with_repeated_or_trailing_separators_is_rejected(name: str) -> None:
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
def test_a_repository_path_is_split_into_namespace_and_name(
    path: str, parts: tuple[str, str] | None
) -> None:
    assert split_repository(path) == parts
