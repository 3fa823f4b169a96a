"""When a name can be taken."""

from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.reserved_names.domain import NameReserved, NameStatus

NOW = datetime(2026, 11, 24, 5, 32, tzinfo=UTC)


def _refusal(status: NameStatus) -> NameReserved:
    with pytest.raises(NameReserved) as refused:
        status.check_available("team/app")
    return refused.value


@pytest.mark.parametrize("reserved_until", [None, NOW, NOW - timedelta(days=1)])
def test_a_name_without_a_valid_reservation_is_available(reserved_until: datetime | None) -> None:
    NameStatus(NOW, reserved_until, is_deleting=False).check_available("team/app")


def test_the_error_of_a_reserved_name_has_the_time_when_it_is_available() -> None:
    until = NOW + timedelta(minutes=1, milliseconds=1)
    refused = _refusal(NameStatus(NOW, until, is_deleting=False))
    assert refused.extra == {"available_at": "2026-11-24T05:33:00.001000Z"}
    assert refused.headers == {"Retry-After": "61"}
    assert "'team/app'" in refused.detail


@pytest.mark.parametrize("reserved_until", [None, NOW - timedelta(days=1)])
def test_retry_after_is_two_seconds_while_the_object_of_a_name_is_being_deleted(
    reserved_until: datetime | None,
) -> None:
    refused = _refusal(NameStatus(NOW, reserved_until, is_deleting=True))
    assert refused.headers == {"Retry-After": "2"}


def test_the_reservation_outlasts_the_deletion() -> None:
    refused = _refusal(NameStatus(NOW, NOW + timedelta(hours=1), is_deleting=True))
    assert refused.headers == {"Retry-After": "3600"}


def test_retry_after_is_at_least_one_second() -> None:
    assert NameReserved("team", available_at=NOW, now=NOW).headers == {"Retry-After": "1"}
