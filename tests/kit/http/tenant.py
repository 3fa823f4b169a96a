"""A new account with namespaces, Docker users, and a grant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.kit.http.accounts import Account, DockerUser


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a private and a public namespace and two Docker users.

    ``granted`` can push to the private namespace. ``other`` has no grant.
    """

    account: Account
    private: str
    public: str
    granted: DockerUser
    other: DockerUser


def make_tenant(account: Account) -> Tenant:
    """Create the namespaces, Docker users, and the grant, with unique names."""
    made = Tenant(
        account,
        private=account.make_namespace("private"),
        public=account.make_namespace("public"),
        granted=account.make_docker_user(),
        other=account.make_docker_user(),
    )
    account.grant(made.private, made.granted, "push")
    return made


@contextmanager
def new_tenant(admin: Account) -> Iterator[Tenant]:
    """Create an account as ``admin`` and set it up; close its client at the end."""
    with admin.make_account() as account:
        yield make_tenant(account)
