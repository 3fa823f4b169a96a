"""Generated names of repositories and images, and the route that a path reaches."""

from typing import Any

from fastapi import APIRouter
from hypothesis import strategies as st
from starlette.routing import Match

_words = st.text("abz019", min_size=2, max_size=6)


def _joined(
    separators: str, words: st.SearchStrategy[str], max_words: int
) -> st.SearchStrategy[str]:
    """Generate ``words``, joined by one of ``separators``, which spaces separate."""
    more = st.lists(
        st.tuples(st.sampled_from(separators.split()), words).map("".join), max_size=max_words
    ).map("".join)
    return st.tuples(words, more).map("".join)


namespaces = _joined(". _ -", _words, 3)
repositories = _joined("/", _joined(". _ __ - -- ---", _words, 2), 3)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True)
digests = st.tuples(
    _joined("+ . _ -", _words, 2), st.text("abzABZ019=_-", min_size=32, max_size=64)
).map(":".join)


def find_route(router: APIRouter, method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the operation that answers ``path``, and its path parameters."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    for route in router.routes:
        match, child = route.matches(scope)
        if match == Match.FULL:
            return child["endpoint"].__name__, child["path_params"]
    return "", {}
