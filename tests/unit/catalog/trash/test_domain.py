"""What the trash says and whom it shows its entries."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.security.principals import Principal
from services.catalog.trash.domain import (
    ContentMissing,
    Entry,
    EntryNotFound,
    EntryOwner,
    Kind,
    NameTaken,
    lifetime,
)

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _entry(kind: Kind, path: str) -> Entry:
    return Entry(
        id=17,
        kind=kind,
        path=path,
        namespace="team",
        repository=None,
        digest=None,
        owner_id=1,
        account="acme",
        deleted_by="acme",
        docker_user=None,
        via="session",
        client_address=None,
        deleted_at=NOW,
        expires_at=NOW,
        size_bytes=0,
        repository_count=0,
        tag_count=0,
        tags=(),
        status="deleted",
    )


@pytest.mark.parametrize(
    ("kind", "path", "target"),
    [
        (Kind.NAMESPACE, "team", "namespaces/team"),
        (Kind.REPOSITORY, "team/app", "repositories/team/app"),
        (Kind.TAG, "team/app:v1", "images/team/app:v1"),
        (Kind.MANIFEST, "team/app@sha256:ab", "images/team/app@sha256:ab"),
    ],
)
def test_audit_target_is_the_path_of_the_deleted_object(kind: Kind, path: str, target: str) -> None:
    assert _entry(kind, path).target == target


@pytest.mark.parametrize(
    ("account", "role", "owns"), [(1, "member", 1), (2, "admin", 1), (2, "member", 0)]
)
def test_only_owner_and_administrators_have_an_entry(account: int, role: str, owns: int) -> None:
    principal = Principal("session", uuid.uuid4(), account, "x", role, "write", "::1")
    entry = _entry(Kind.TAG, "team/app:v1")
    if owns:
        assert EntryOwner(principal, entry).entry is entry
    else:
        with pytest.raises(EntryNotFound):
            EntryOwner(principal, entry)


def test_zero_days_turn_the_trash_off() -> None:
    assert lifetime(0) is None
    assert lifetime(7) == timedelta(days=7)


def test_taken_tag_can_be_replaced_and_a_taken_repository_cannot() -> None:
    assert "`tag`" in NameTaken(Kind.TAG, ["v1"]).detail
    assert "`tag`" not in NameTaken(Kind.REPOSITORY, ["team/app"]).detail


def test_error_names_at_most_twenty_digests() -> None:
    error = ContentMissing("team/app", [f"sha256:{number}" for number in range(25)])
    assert "sha256:19 and 5 more" in error.detail
    assert len(error.extra["missing"]) == 25
