"""Pages of the lists of tags and repositories (OCI distribution spec, "Listing Tags")."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from libs.common.registry.error_format import NameInvalid, NameUnknown, PaginationNumberInvalid
from libs.common.registry.names import split_repository

MAX_ENTRIES = 10_000
"""The longest page, also of a request without ``n``. Some clients do not follow links."""
_NUMBER = re.compile("[0-9]+", re.ASCII)
_LONGEST_NUMBER = len(str(MAX_ENTRIES))


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most ``limit`` entries that come after ``last`` in byte order."""

    limit: int
    last: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list. ``encoded`` is an array in JSON, in UTF-8, as the database returns it.

    ``last`` is the entry after which the next page begins, or None if there is no next page.
    """

    encoded: bytes
    last: str | None


def parse_page(n: str | None, last: str | None) -> PageRequest:
    """Parse the query of a list. A number above ``MAX_ENTRIES`` is a request for so many.

    PostgreSQL cannot store a NUL. No entry has one, so ``last`` ends before it.

    Raises:
        PaginationNumberInvalid: ``n`` is not a number, or is negative.
    """
    after = (last or "").partition("\0")[0]
    if not n:
        return PageRequest(MAX_ENTRIES, after)
    if _NUMBER.fullmatch(n) is None:
        raise PaginationNumberInvalid(
            "n: must be a whole number of entries, 0 or more; leave it out to get as many as "
            "possible"
        )
    digits = n.lstrip("0")
    limit = MAX_ENTRIES if len(digits) > _LONGEST_NUMBER else int(digits or "0")
    return PageRequest(min(limit, MAX_ENTRIES), after)


def list_page(encoded: str, *, limit: int) -> ListPage:
    """Return the first ``limit`` entries of the JSON array ``encoded``, which has at most one more.

    No tag and no path has a character that JSON escapes, so nothing is decoded.
    """
    count = 0 if encoded == "[]" else encoded.count('","') + 1
    if count <= limit:
        return ListPage(encoded.encode(), last=None)
    if limit == 0:
        return ListPage(b"[]", last=None)
    kept = encoded[: encoded.rindex('","')]
    return ListPage(f'{kept}"]'.encode(), last=kept[kept.rindex('"') + 1 :])


def next_link(path: str, last: str | None, *, limit: int) -> str | None:
    """Return the header ``Link`` to the page after the entry ``last``, or None if that is None."""
    if last is None:
        return None
    query = urlencode({"last": last, "n": limit})
    return f'<{path}?{query}>; rel="next"'


def check_name(repository: str) -> None:
    """Check the name in an address, which says nothing about what exists.

    Raises:
        NameInvalid: no repository can have this name.
    """
    if split_repository(repository) is None:
        raise NameInvalid(
            f"{repository[:255]}: is not the name of a repository; a name has a namespace and a "
            "path in lower case, such as team/app, and at most 255 characters"
        )


def unknown_repository(repository: str) -> NameUnknown:
    """Return the error for a repository that does not exist."""
    return NameUnknown(f"{repository}: there is no repository of this name")
