"""Deletions of repositories and namespaces: their audit entries."""

from dataclasses import replace

from services.catalog.deletion.repositories.domain import Deletion

DELETION = Deletion(
    id=1,
    kind="repository",
    name="team/app",
    removed=False,
    failures=0,
    account_id=7,
    account="acme",
    client_address="192.0.2.1",
)


def test_audit_entry_of_a_removal_names_the_requester() -> None:
    entry = DELETION.audit_entry()
    assert (entry.action, entry.target) == ("repository.deleted", "repositories/team/app")
    assert (entry.account_id, entry.account, entry.client_address) == (7, "acme", "192.0.2.1")


def test_audit_entry_of_a_dropped_deletion_names_nobody() -> None:
    entry = replace(DELETION, kind="namespace", name="team").audit_entry_of_drop()
    assert (entry.action, entry.target) == ("namespace.kept", "namespaces/team")
    assert (entry.account_id, entry.account, entry.client_address) == (None, None, None)
