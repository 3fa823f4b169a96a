"""Pages of the lists of the registry API."""

import pytest

from libs.common.registry.error_format import NameInvalid, PaginationNumberInvalid
from services.catalog.oci.listings.domain import (
    MAX_ENTRIES,
    ListPage,
    PageRequest,
    check_name,
    list_page,
    next_link,
    parse_page,
)


@pytest.mark.parametrize(
    ("n", "limit"),
    [
        (None, MAX_ENTRIES),
        ("", MAX_ENTRIES),
        ("0", 0),
        ("007", 7),
        ("1000", 1000),
        ("10001", MAX_ENTRIES),
        ("9" * 5000, MAX_ENTRIES),
        ("0" * 5000 + "1", 1),
    ],
)
def test_number_is_clamped(n: str | None, limit: int) -> None:
    assert parse_page(n, None) == PageRequest(limit, "")


@pytest.mark.parametrize("n", ["-1", "+1", " 1", "1 ", "1.0", "1e3", "x", "²", "\0"])
def test_anything_but_a_number_is_refused(n: str) -> None:
    with pytest.raises(PaginationNumberInvalid):
        parse_page(n, None)


def test_last_ends_before_a_nul() -> None:
    assert parse_page("5", "a\0b") == PageRequest(5, "a")


def test_link_names_the_last_entry_and_the_number() -> None:
    assert next_link("/v2/_catalog", "b/c&d", limit=2) == (
        '</v2/_catalog?last=b%2Fc%26d&n=2>; rel="next"'
    )
    assert next_link("/v2/_catalog", None, limit=2) is None


def test_page_ends_at_its_limit() -> None:
    assert list_page("[]", limit=0) == ListPage(b"[]", last=None)
    assert list_page('["a","b"]', limit=2) == ListPage(b'["a","b"]', last=None)
    assert list_page('["a","b","c"]', limit=2) == ListPage(b'["a","b"]', last="b")
    assert list_page('["a/b","c"]', limit=1) == ListPage(b'["a/b"]', last="a/b")
    assert list_page('["a"]', limit=0) == ListPage(b"[]", last=None)


@pytest.mark.parametrize("name", ["app", "team/App", "team//app", "team/" + "a" * 300])
def test_invalid_name_is_refused(name: str) -> None:
    check_name("team/app")
    with pytest.raises(NameInvalid):
        check_name(name)
