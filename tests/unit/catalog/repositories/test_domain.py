"""The permissions to read and to change a repository, and which repositories a list shows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.catalog.namespaces.domain import Visibility
from services.catalog.repositories.domain import (
    Repository,
    RepositoryDeleting,
    RepositoryNotFound,
    RepositoryOwner,
    RepositoryReader,
    RepositoryTaken,
    View,
    as_owner,
    owner_to_list,
)
from tests.unit.catalog.conftest import MakePrincipal


def _repository(visibility: Visibility = "private") -> Repository:
    return Repository(
        id=7,
        namespace_id=3,
        account_id=1,
        visibility=visibility,
        namespace="team",
        name="charts/web",
        status="active",
        description="",
        pull_count=0,
        last_pulled_at=None,
        last_pushed_at=None,
        tag_count=0,
        size_bytes=0,
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


def test_the_path_joins_namespace_and_name() -> None:
    assert _repository().path == "team/charts/web"


@pytest.mark.parametrize(
    ("account_id", "role", "visibility", "is_shared"),
    [
        (1, "member", "private", False),
        (2, "admin", "private", False),
        (2, "member", "public", False),
        (2, "member", "private", True),
    ],
)
def test_owner_and_administrator_can_read_a_repository_and_others_if_public_or_shared(
    principal: MakePrincipal, account_id: int, role: str, visibility: Visibility, is_shared: bool
) -> None:
    repository = _repository(visibility)
    reader = RepositoryReader(principal(account_id, role=role), repository, is_shared)
    assert reader.repository is repository


def test_only_a_private_repository_of_another_account_needs_a_grant_to_be_read(
    principal: MakePrincipal,
) -> None:
    assert _repository().needs_share(principal(2))
    assert not _repository().needs_share(principal(1))
    assert not _repository("public").needs_share(principal(2))


def test_a_repository_that_is_not_shared_is_reported_as_missing(principal: MakePrincipal) -> None:
    with pytest.raises(RepositoryNotFound) as refused:
        RepositoryReader(principal(2), _repository())
    assert refused.value.detail == "There is no repository 'team/charts/web'."


@pytest.mark.parametrize(("account_id", "role"), [(1, "member"), (2, "admin")])
def test_the_owner_and_an_administrator_can_change_the_repository(
    principal: MakePrincipal, account_id: int, role: str
) -> None:
    reader = RepositoryReader(principal(account_id, role=role), _repository())
    owner = as_owner(reader)
    assert (owner.principal, owner.repository) == (reader.principal, reader.repository)


@pytest.mark.parametrize(("visibility", "is_shared"), [("public", False), ("private", True)])
def test_a_reader_who_is_neither_owner_nor_administrator_cannot_change_the_repository(
    principal: MakePrincipal, visibility: Visibility, is_shared: bool
) -> None:
    reader = RepositoryReader(principal(2), _repository(visibility), is_shared)
    with pytest.raises(RepositoryNotFound):
        as_owner(reader)
    with pytest.raises(RepositoryNotFound):
        RepositoryOwner(principal(2), _repository(visibility))


@pytest.mark.parametrize(
    ("view", "role", "account_id", "expected"),
    [
        ("own", "member", 1, 1),
        ("own", "admin", 2, 2),
        ("own", "admin", None, None),
        ("shared", "member", 1, None),
        ("shared", "admin", 2, None),
        ("public", "member", 1, None),
        ("public", "admin", 2, 2),
        ("public", "admin", None, None),
    ],
)
def test_the_view_decides_whose_repositories_are_listed(
    principal: MakePrincipal, view: View, role: str, account_id: int | None, expected: int | None
) -> None:
    viewer = principal(1, role=role)
    assert owner_to_list(view, principal=viewer, account_id=account_id) == expected


def test_the_error_of_a_taken_path_names_it() -> None:
    assert "'team/app' already exists" in RepositoryTaken("team/app").detail


def test_repository_that_is_being_deleted_is_refused() -> None:
    _repository().check_not_deleting()
    with pytest.raises(RepositoryDeleting, match="'team/charts/web' is being deleted"):
        replace(_repository(), status="deleting").check_not_deleting()
