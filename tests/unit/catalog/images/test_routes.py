"""Paths of images: the routes read the names that the client wrote."""

from hypothesis import given
from hypothesis import strategies as st

from libs.common.registry.names import split_repository
from services.catalog.images.domain import is_tag
from services.catalog.images.routes import router
from tests.unit.catalog.references import digests, find_route, namespaces, repositories, tags


@given(namespaces, repositories, tags)
def test_path_with_a_tag_is_read_as_it_was_written(
    namespace: str, repository: str, tag: str
) -> None:
    assert is_tag(tag)
    found = {"namespace": namespace, "repository": repository, "tag": tag}
    path = f"/images/{namespace}/{repository}:{tag}"
    assert find_route(router, "GET", path) == ("get_image_by_tag", found)


@given(namespaces, repositories, digests)
def test_path_with_a_digest_is_read_as_it_was_written(
    namespace: str, repository: str, digest: str
) -> None:
    found = {"namespace": namespace, "repository": repository, "digest": digest}
    path = f"/images/{namespace}/{repository}@{digest}"
    assert find_route(router, "GET", path) == ("get_image_by_digest", found)


@given(namespaces, repositories)
def test_path_of_a_repository_lists_its_tags(namespace: str, repository: str) -> None:
    found = {"namespace": namespace, "repository": repository}
    path = f"/images/{namespace}/{repository}"
    assert find_route(router, "GET", path) == ("list_tags", found)
    assert split_repository(f"{namespace}/{repository}") == (namespace, repository)


@given(st.text(max_size=300))
def test_repository_path_has_one_reading(text: str) -> None:
    """Both parts join to the same text, and no part reads as a tag or a digest."""
    parts = split_repository(text)
    if parts is not None:
        assert "/".join(parts) == text
        assert not set(text) & set(":@ \n%*")
        assert text == text.lower()
