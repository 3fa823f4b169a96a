"""The permission to change a Docker user."""

from datetime import UTC, datetime

import pytest

from services.catalog.docker_users.domain import (
    DockerUser,
    DockerUserNotFound,
    DockerUserOwner,
    DockerUserTaken,
)
from tests.unit.catalog.conftest import MakePrincipal

BUILDER = DockerUser(
    id=7,
    account_id=1,
    account="acme",
    username="builder",
    description="",
    disabled=False,
    token_login=False,
    created_at=datetime(2026, 11, 24, tzinfo=UTC),
    last_login_at=None,
)


def test_an_account_owns_its_docker_user(principal: MakePrincipal) -> None:
    assert DockerUserOwner(principal(1), BUILDER).docker_user is BUILDER


def test_an_administrator_owns_every_docker_user(principal: MakePrincipal) -> None:
    assert DockerUserOwner(principal(2, role="admin"), BUILDER).docker_user is BUILDER


def test_another_accounts_docker_user_is_reported_as_missing(principal: MakePrincipal) -> None:
    with pytest.raises(DockerUserNotFound) as refused:
        DockerUserOwner(principal(2), BUILDER)
    assert refused.value.detail == "There is no Docker user 'builder'."


def test_the_error_of_a_taken_username_names_it() -> None:
    assert "'builder' already exists" in DockerUserTaken("builder").detail
