"""The permission to change a namespace."""

from datetime import UTC, datetime

import pytest

from services.catalog.namespaces.domain import (
    Namespace,
    NamespaceDeleting,
    NamespaceNotFound,
    NamespaceOwner,
    NamespaceTaken,
    Visibility,
)
from tests.unit.catalog.conftest import MakePrincipal


def _namespace(visibility: Visibility = "private") -> Namespace:
    return Namespace(
        id=7,
        account_id=1,
        account="acme",
        name="team",
        visibility=visibility,
        description="",
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
        deleting=False,
        repository_count=0,
        pull_count=0,
        size_bytes=0,
    )


@pytest.mark.parametrize(("account_id", "role"), [(1, "member"), (2, "admin")])
def test_a_namespace_is_owned_by_its_account_and_by_administrators(
    principal: MakePrincipal, account_id: int, role: str
) -> None:
    namespace = _namespace()
    assert NamespaceOwner(principal(account_id, role=role), namespace).namespace is namespace


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_another_accounts_namespace_is_reported_as_missing(
    principal: MakePrincipal, visibility: Visibility
) -> None:
    with pytest.raises(NamespaceNotFound) as refused:
        NamespaceOwner(principal(2), _namespace(visibility))
    assert refused.value.detail == "There is no namespace 'team'."


def test_errors_name_the_namespace() -> None:
    assert "'team'" in NamespaceTaken("team").detail
    assert "'team'" in NamespaceDeleting("team").detail
