"""Who must own the Docker user of a grant."""

from typing import get_args

from services.catalog.grants.domain import (
    ACTIONS,
    GranteeNotFound,
    GrantNotFound,
    Permission,
    grantee_account,
)


def test_no_audit_action_that_gives_a_permission_means_the_revocation() -> None:
    assert list(ACTIONS) == list(get_args(Permission))
    assert "grant.delete" not in ACTIONS.values()
    assert len(set(ACTIONS.values())) == len(ACTIONS)


def test_a_docker_user_of_the_namespaces_account_needs_no_account_name() -> None:
    assert grantee_account(named=None, namespace_account="acme") == "acme"


def test_a_docker_user_of_another_account_is_granted_by_that_accounts_name() -> None:
    assert grantee_account(named="partner", namespace_account="acme") == "partner"


def test_errors_name_the_docker_user_and_its_account_or_namespace() -> None:
    assert GranteeNotFound(docker_user="ci", account="acme").detail.startswith(
        "There is no Docker user 'ci' of the account 'acme'."
    )
    missing = GrantNotFound(docker_user="ci", namespace="team")
    assert (missing.status, missing.code) == (404, "not_found")
    assert missing.detail == "The Docker user 'ci' has no grant in the namespace 'team'."
