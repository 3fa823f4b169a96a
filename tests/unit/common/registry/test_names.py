"""The grammar of names: which names of namespaces, users, and repositories are valid."""

import pytest

from libs.common.registry.names import (
    artifact_subject,
    artifact_suffix,
    artifact_tags,
    is_artifact_tag,
    is_namespace,
    is_username,
    split_repository,
)


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


def test_artifact_tags_are_the_fallback_tag_and_those_of_cosign() -> None:
    tags = artifact_tags("sha256:" + "ab" * 32)
    hex64 = "ab" * 32
    assert tags == [
        f"sha256-{hex64}",
        f"sha256-{hex64}.sig",
        f"sha256-{hex64}.att",
        f"sha256-{hex64}.sbom",
    ]
    assert [artifact_suffix(tag) for tag in tags] == ["", "sig", "att", "sbom"]
    assert {artifact_subject(tag) for tag in tags} == {f"sha256:{hex64}"}


def test_fallback_tag_has_the_first_64_digits_of_a_longer_digest() -> None:
    (fallback, *_) = artifact_tags("sha512:" + "0" * 64 + "1" * 64)
    assert fallback == "sha512-" + "0" * 64
    assert artifact_subject(fallback) is None


@pytest.mark.parametrize(
    "tag",
    [
        "v1",
        "sha256-ab",
        "sha256-" + "a" * 63,
        "sha256-" + "A" * 64,
        "sha256-" + "a" * 65,
        "sha256-" + "a" * 64 + ".zip",
        "sha256-" + "a" * 64 + ".sig\n",
        "xsha256-" + "a" * 64,
    ],
)
def test_other_tags_are_no_artifact_tags(tag: str) -> None:
    assert not is_artifact_tag(tag)
    assert artifact_suffix(tag) is None
    assert artifact_subject(tag) is None
