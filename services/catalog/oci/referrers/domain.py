"""The size of a page of referrers."""

import re

from libs.common.registry.error_format import PaginationNumberInvalid
from services.catalog.referrers.domain import MAX_PAGE

_NUMBER = re.compile(r"[0-9]{1,9}")


def page_size(n: str | None) -> int:
    """Return the size of the page that the parameter ``n`` requests, at most ``MAX_PAGE``.

    Raises:
        PaginationNumberInvalid: it is no positive number.
    """
    if n is None:
        return MAX_PAGE
    if _NUMBER.fullmatch(n) is None or int(n) == 0:
        raise PaginationNumberInvalid("n must be a number from 1 on")
    return min(int(n), MAX_PAGE)
