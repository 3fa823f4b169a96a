"""Who must own the Docker user of a grant."""

from services.catalog.grants.domain import GranteeNotFound, GrantNotFound, grantee_account


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
