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


def test_a_reserved_name_says_when_it_is_available() -> None:
    until = NOW + timedelta(minutes=1, milliseconds=1)
    refused = _refusal(NameStatus(NOW, until, is_deleting=False))
    assert refused.extra == {"available_at": "2026-11-24T05:33:00.001000Z"}
    assert refused.headers == {"Retry-After": "61"}
    assert "'team/app'" in refused.detail


@pytest.mark.parametrize("reserved_until", [None, NOW - timedelta(days=1)])
def test_the_name_of_an_object_that_is_being_deleted_is_retried_in_two_seconds(
    reserved_until: datetime | None,
) -> None:
    refused = _refusal(NameStatus(NOW, reserved_until, is_deleting=True))
    assert refused.headers == {"Retry-After": "2"}


def test_the_reservation_outlasts_the_deletion() -> None:
    refused = _refusal(NameStatus(NOW, NOW + timedelta(hours=1), is_deleting=True))
    assert refused.headers == {"Retry-After": "3600"}


def test_a_client_never_retries_at_once() -> None:
    assert NameReserved("team", available_at=NOW, now=NOW).headers == {"Retry-After": "1"}
