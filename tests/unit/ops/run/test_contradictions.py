"""Settings that contradict each other, and names that no part reads."""

import pytest

from ops.errors import SettingError
from ops.run.contradictions import check_file_names, check_name_reservation, check_set_by_run


def test_reservation_shorter_than_a_token_and_its_leeway_is_an_error() -> None:
    lifetimes = {"AUTH_PUSH_TOKEN_SECONDS": "600", "AUTH_PULL_TOKEN_SECONDS": "60"}
    check_name_reservation(lifetimes)
    check_name_reservation({**lifetimes, "CATALOG_NAME_RESERVATION_SECONDS": "660"})
    with pytest.raises(SettingError) as caught:
        check_name_reservation({**lifetimes, "CATALOG_NAME_RESERVATION_SECONDS": "659"})
    assert str(caught.value) == (
        "CATALOG_NAME_RESERVATION_SECONDS: 659 s is shorter than the longest lifetime of a token"
        " and 60 s; set at least 660, or remove it"
    )
    with pytest.raises(SettingError, match="at least 1860"):
        check_name_reservation({"CATALOG_NAME_RESERVATION_SECONDS": "600"})


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("CATALOG_ISSUER", "CATALOG_ISSUER: `make run` uses AUTH_ISSUER for all services"),
        ("EVENTS_REGISTRY_SERVICE", "EVENTS_REGISTRY_SERVICE: `make run` uses AUTH_SERVICE"),
        ("CATALOG_REGISTRY_URL", "CATALOG_REGISTRY_URL: `make run` sets this itself; remove it"),
    ],
)
def test_setting_that_make_run_computes_is_an_error(name: str, line: str) -> None:
    with pytest.raises(SettingError) as caught:
        check_set_by_run({name: "http://elsewhere"})
    assert str(caught.value).startswith(line)
    check_set_by_run({name: ""})


def test_issuer_that_all_services_share_is_no_error() -> None:
    check_set_by_run({"AUTH_ISSUER": "hub", "CATALOG_ISSUER": "hub", "EVENTS_ISSUER": "hub"})


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("MIN_FREE_BYTE", "MIN_FREE_BYTE: there is no such setting; did you mean MIN_FREE_BYTES?"),
        ("GC_UNTAGED_DAYS", "GC_UNTAGED_DAYS: there is no such setting; did you mean GC_UNTAGGED"),
        ("LOGLEVEL", "LOGLEVEL: there is no such setting; did you mean LOG_LEVEL?"),
        ("EVENTS_COLOR", "EVENTS_COLOR: there is no such setting"),
        ("CATALOG_X", "CATALOG_X: there is no such setting"),
    ],
)
def test_unknown_name_in_the_file_of_settings_is_an_error(name: str, line: str) -> None:
    with pytest.raises(SettingError) as caught:
        check_file_names({name: "1", "MOORAGE_PORT": "8080"})
    assert str(caught.value).startswith(line)


def test_names_of_settings_and_of_other_programs_are_no_error() -> None:
    check_file_names(
        {"AUTH_SESSION_DAYS", "MIN_FREE_BYTES", "GC_SCHEDULE_HOURS", "MOORAGE_IMAGE", "LOG_LEVEL"}
    )
    check_file_names({"IMAGE_PREFIX", "HTTP_PROXY", "PIP_INDEX_URL", "COMPOSE_PROJECT_NAME", "TZ"})
