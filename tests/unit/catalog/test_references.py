"""How the path of an image is read (OCI distribution spec, "Pull"): what is written is what is found."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from libs.common.registry.names import split_repository
from services.catalog.images.routes import router
from services.catalog.images.usecases import _TAG

_words = st.text("abz019", min_size=2, max_size=6)


def _joined(separators: str, words: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    """``words`` with one of the ``separators`` (listed with spaces between) after each but the last."""
    more = st.lists(
        st.tuples(st.sampled_from(separators.split()), words).map("".join), max_size=most
    ).map("".join)
    return st.tuples(words, more).map("".join)


namespaces = _joined(". _ -", _words, 3)
repositories = _joined("/", _joined(". _ __ - -- ---", _words, 2), 3)
tags = st.from_regex(_TAG, fullmatch=True)
digests = st.tuples(
    _joined("+ . _ -", _words, 2), st.text("abzABZ019=_-", min_size=32, max_size=64)
).map(":".join)


def _read(method: str, reference: str) -> tuple[str, dict[str, Any]]:
    """Which operation answers, and what it was given."""
    scope = {
        "type": "http",
        "method": method,
        "path": f"/images/{reference}",
        "root_path": "",
        "headers": [],
    }
    for route in router.routes:
        match, child = route.matches(scope)
        if match == Match.FULL:
            return child["endpoint"].__name__, child["path_params"]
    return "", {}


@given(namespaces, repositories, tags)
def test_a_tag_is_read_back(namespace: str, repository: str, tag: str) -> None:
    found = {"namespace": namespace, "repository": repository, "tag": tag}
    assert _read("GET", f"{namespace}/{repository}:{tag}") == ("get_image_by_tag", found)
    assert _read("DELETE", f"{namespace}/{repository}:{tag}") == ("delete_image_by_tag", found)


@given(namespaces, repositories, digests)
def test_a_digest_is_read_back(namespace: str, repository: str, digest: str) -> None:
    found = {"namespace": namespace, "repository": repository, "digest": digest}
    assert _read("GET", f"{namespace}/{repository}@{digest}") == ("get_image_by_digest", found)
    assert _read("DELETE", f"{namespace}/{repository}@{digest}") == (
        "delete_image_by_digest",
        found,
    )


@given(namespaces, repositories)
def test_a_repository_is_read_back_and_deleted_by_no_route_of_images(
    namespace: str, repository: str
) -> None:
    assert _read("GET", f"{namespace}/{repository}") == (
        "list_tags",
        {"namespace": namespace, "repository": repository},
    )
    assert _read("DELETE", f"{namespace}/{repository}") == ("", {})
    assert split_repository(f"{namespace}/{repository}") == (namespace, repository)


@given(st.text(max_size=300))
def test_no_text_names_more_than_one_thing(text: str) -> None:
    """What is split is put together again to the same text, and neither part can be read as a tag or a digest."""
    parts = split_repository(text)
    if parts is not None:
        assert "/".join(parts) == text
        assert not set(text) & set(":@ \n%*")
        assert text == text.lower()
