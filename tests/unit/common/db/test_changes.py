"""Changes as the audit trail shows them."""

from datetime import UTC, datetime

from libs.common.db.changes import changed, created, deleted


def test_fields_with_the_same_value_are_left_out() -> None:
    before = {"visibility": "private", "description": "x", "disabled": False}
    after = before | {"visibility": "public"}
    assert changed(before, after) == {"visibility": ["private", "public"]}


def test_a_new_object_shows_its_values_and_a_deleted_one_what_it_had() -> None:
    assert created(role="member", description="", expires_at=None, disabled=False) == {
        "role": [None, "member"],
        "disabled": [None, False],
    }
    assert deleted(permission="push") == {"permission": ["push", None]}


def test_times_are_in_utc_and_long_texts_are_cut() -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert created(at=at) == {"at": [None, "2026-11-27T12:00:00Z"]}
    ((_, text),) = created(text="x" * 1000).values()
    assert text == "x" * 200 + "…"
