"""What a new user of Moorage sets up first."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kit.http.accounts import Account, DockerUser


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a private and a public namespace and two Docker users, of which one may push to the private one."""

    account: Account
    private: str
    public: str
    granted: DockerUser
    other: DockerUser


def make_tenant(account: Account) -> Tenant:
    """Sets all of it up, with names of its own."""
    made = Tenant(
        account,
        private=account.make_namespace("private"),
        public=account.make_namespace("public"),
        granted=account.make_docker_user(),
        other=account.make_docker_user(),
    )
    account.grant(made.private, made.granted, "push")
    return made
