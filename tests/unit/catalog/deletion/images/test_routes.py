"""Paths of images in DELETE requests: the routes read the names that the client wrote."""

from hypothesis import given

from services.catalog.deletion.images.routes import router
from tests.unit.catalog.references import digests, find_route, namespaces, repositories, tags


@given(namespaces, repositories, tags)
def test_path_with_a_tag_is_read_as_it_was_written(
    namespace: str, repository: str, tag: str
) -> None:
    found = {"namespace": namespace, "repository": repository, "tag": tag}
    path = f"/images/{namespace}/{repository}:{tag}"
    assert find_route(router, "DELETE", path) == ("delete_image_by_tag", found)


@given(namespaces, repositories, digests)
def test_path_with_a_digest_is_read_as_it_was_written(
    namespace: str, repository: str, digest: str
) -> None:
    found = {"namespace": namespace, "repository": repository, "digest": digest}
    path = f"/images/{namespace}/{repository}@{digest}"
    assert find_route(router, "DELETE", path) == ("delete_image_by_digest", found)


@given(namespaces, repositories)
def test_path_of_a_repository_deletes_no_image(namespace: str, repository: str) -> None:
    assert find_route(router, "DELETE", f"/images/{namespace}/{repository}") == ("", {})
