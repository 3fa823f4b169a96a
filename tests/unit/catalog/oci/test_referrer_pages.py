"""The size of a page of referrers."""

import pytest

from libs.common.registry.error_format import PaginationNumberInvalid
from services.catalog.oci.referrers.domain import page_size


def test_page_has_at_most_1000_referrers() -> None:
    assert [page_size(n) for n in (None, "1", "1000", "999999999")] == [1000, 1, 1000, 1000]


@pytest.mark.parametrize("n", ["", "0", "-1", "x", "1.5", "٣", "9" * 10])
def test_size_must_be_a_positive_number(n: str) -> None:
    with pytest.raises(PaginationNumberInvalid):
        page_size(n)
