"""What a path under ``/v2/`` names."""

import pytest

from services.catalog.oci.domain import Address, Kind, parse_address, template_of

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/v2/team/app/manifests/v1", Address(Kind.MANIFEST, "team/app", "v1")),
        (f"/v2/team/app/blobs/{DIGEST}", Address(Kind.BLOB, "team/app", DIGEST)),
        ("/v2/team/app/blobs/uploads/id", Address(Kind.UPLOAD, "team/app", "id")),
        ("/v2/team/app/tags/list", Address(Kind.TAGS, "team/app")),
        (f"/v2/team/app/referrers/{DIGEST}", Address(Kind.REFERRERS, "team/app", DIGEST)),
        ("/v2/_catalog", Address(Kind.CATALOG)),
        # A name can contain the words of the paths.
        ("/v2/team/manifests/x/manifests/v1", Address(Kind.MANIFEST, "team/manifests/x", "v1")),
        ("/v2/team/tags/list/tags/list", Address(Kind.TAGS, "team/tags/list")),
        ("/v2/team/blobs/uploads/manifests/v1", Address(Kind.MANIFEST, "team/blobs/uploads", "v1")),
    ],
)
def test_path_names_an_address(path: str, address: Address) -> None:
    assert parse_address(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "/v2/",
        "/v2/_catalog/",
        "/v2/team/app",
        "/v2/team/app/manifests/",
        "/v2/team/app/manifests/v1/",
        "/v2//manifests/v1",
        "/v2/tags/list",
        "/v2/team/app/tags/list/",
        "/v2/team/app/referrers",
        "/v2/team/app\0/tags/list",
        "/v2/team/\u00e9/tags/list",
        "/v2/team/app/manifests/\ufffd",
    ],
)
def test_other_path_names_nothing(path: str) -> None:
    assert parse_address(path) is None


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        (Kind.MANIFEST, "/v2/{repository}/manifests/{reference}"),
        (Kind.UPLOAD, "/v2/{repository}/blobs/uploads/{reference}"),
        (Kind.TAGS, "/v2/{repository}/tags/list"),
        (Kind.CATALOG, "/v2/_catalog"),
    ],
)
def test_template_has_no_names_of_the_address(kind: Kind, template: str) -> None:
    assert template_of(kind) == template
