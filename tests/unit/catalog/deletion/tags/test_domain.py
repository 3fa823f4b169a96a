"""Tag deletions: which concurrent push must remain."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.security.principals import Principal
from services.catalog.deletion.tags.domain import TagDeletion, TagPush

T0 = datetime(2026, 11, 24, tzinfo=UTC)
DELETION = TagDeletion(
    id=1,
    repository="team/app",
    tag="v1",
    digest="sha256:old",
    pushed_at=T0,
    placeholder="sha256:none",
    started_at=T0 + timedelta(seconds=10),
    is_finished=True,
    restored=None,
    account_id=1,
    account="acme",
    client_address=None,
)


def push(digest: str, second: float) -> TagPush:
    return TagPush(f"sha256:{digest}", T0 + timedelta(seconds=second), "bob")


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        ([], None),
        ([push("old", 0)], None),
        ([push("older", -1)], None),
        ([push("none", 10.1)], None),
        ([push("old", 9)], None),
        ([push("new", 9)], "sha256:new"),
        ([push("new", 11)], "sha256:new"),
        ([push("old", 11)], "sha256:old"),
        ([push("newer", 12), push("new", 11), push("older", -1)], "sha256:newer"),
    ],
)
def test_newest_push_after_the_deleted_one_is_restored(
    pushes: list[TagPush], expected: str | None
) -> None:
    found = DELETION.find_push_to_restore(pushes)
    assert (found and found.digest) == expected


def test_only_a_newer_push_replaces_a_restored_push() -> None:
    restored = replace(DELETION, restored=push("new", 11))
    assert restored.find_push_to_restore([push("before", 10.5)]) is None
    assert restored.find_push_to_restore([push("newer", 12)]) == push("newer", 12)


def test_push_is_restored_again_after_a_crash() -> None:
    restored = replace(DELETION, restored=push("new", 11))
    assert restored.find_push_to_restore([push("new", 11)]) == push("new", 11)


def test_audit_entry_names_the_tag_and_the_requester() -> None:
    entry = DELETION.audit_entry()
    assert (entry.action, entry.target) == ("image.delete", "images/team/app:v1")
    assert (entry.account_id, entry.account) == (1, "acme")
    assert entry.changes == {"digest": [DELETION.digest, None]}
    by_key = Principal(
        "api_key", uuid.UUID(int=7), 1, "acme", "member", "write", "192.0.2.1", "nightly"
    )
    entry = DELETION.audit_entry(by_key)
    assert (entry.via, entry.api_key_id) == ("nightly", uuid.UUID(int=7))
