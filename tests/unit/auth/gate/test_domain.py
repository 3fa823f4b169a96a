"""Which requests are gated, by their method, path, and query."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.gate.domain import (
    Detour,
    GatedRequest,
    Kind,
    Reason,
    answer_to_deleting,
    find_detour,
    find_gated,
    refuse_for_disk,
)

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"
OTHER = f"sha256:{'e' * 64}"
UPLOADS = "/v2/team/app/blobs/uploads/"
UPLOAD = f"{UPLOADS}8f7a-1"
PUSH = (("team/app", ("pull", "push")),)


def gated(
    kind: Kind, access: tuple[tuple[str, tuple[str, ...]], ...], repository: str = "team/app"
) -> GatedRequest:
    return GatedRequest(kind, repository, bytes.fromhex(HEX), access)


CHECK = gated(Kind.CHECK, (("team/app", ("pull",)),))
MOUNT = gated(Kind.MOUNT, (*PUSH, ("team/base", ("pull",))))
COMPLETION = gated(Kind.COMPLETION, PUSH)


@pytest.mark.parametrize(
    ("method", "uri", "expected"),
    [
        ("HEAD", f"/v2/team/app/blobs/{DIGEST}", CHECK),
        ("HEAD", f"/v2/team/app/blobs/{DIGEST}?mount=x", CHECK),
        ("GET", f"/v2/team/app/blobs/{DIGEST}", None),
        ("HEAD", f"/v2/team/app/blobs/sha512:{HEX}{HEX}", None),
        ("HEAD", f"/v2/team/app/blobs/{DIGEST.upper()}", None),
        ("HEAD", f"/v2/team/app/blobs/{DIGEST}0", None),
        ("HEAD", f"/v2/team/app/manifests/{DIGEST}", None),
        ("POST", f"{UPLOADS}?mount={DIGEST}&from=team/base", MOUNT),
        ("POST", f"/v2/team/app/blobs/uploads?mount={DIGEST}&from=team%2Fbase", MOUNT),
        ("POST", f"{UPLOADS}?from=team/base&mount={quote(DIGEST)}", MOUNT),
        ("POST", f"{UPLOADS}?mount={DIGEST}&from=team/base&digest={OTHER}", MOUNT),
        ("POST", f"{UPLOADS}?mount={DIGEST}", None),
        ("POST", f"{UPLOADS}?mount={DIGEST}&from=", None),
        ("POST", f"{UPLOADS}?mount=&mount={DIGEST}&from=team/base", None),
        ("POST", f"{UPLOADS}?mount=sha512:{HEX}{HEX}&from=team/base", None),
        ("POST", f"{UPLOADS}?digest={DIGEST}", COMPLETION),
        ("POST", UPLOADS, None),
        ("POST", f"{UPLOAD}?mount={DIGEST}&from=team/base", None),
        ("PUT", f"{UPLOAD}?digest={DIGEST}", COMPLETION),
        ("PUT", f"{UPLOAD}?_state=a%3D&digest={quote(DIGEST)}", COMPLETION),
        ("PUT", f"{UPLOAD}?digest={DIGEST}&digest={OTHER}", COMPLETION),
        ("PUT", f"{UPLOAD}?digest=%zz&digest={DIGEST}", COMPLETION),
        ("PUT", f"{UPLOAD}?digest={OTHER};x&digest={DIGEST}", COMPLETION),
        ("PUT", f"{UPLOAD}?dig%65st={DIGEST}", COMPLETION),
        ("PUT", f"{UPLOAD}?digest=&digest={DIGEST}", None),
        ("PUT", f"{UPLOAD}?Digest={DIGEST}", None),
        ("PUT", f"{UPLOAD}?digest=+{DIGEST}", None),
        ("PUT", f"{UPLOAD}?digest={DIGEST}%0a", None),
        ("PUT", UPLOAD, None),
        ("PUT", f"{UPLOADS}?digest={DIGEST}", None),
        ("PATCH", f"{UPLOAD}?digest={DIGEST}", None),
        ("DELETE", f"{UPLOAD}?digest={DIGEST}", None),
        ("PUT", f"/v2/team/app/manifests/v1?digest={DIGEST}", None),
    ],
)
def test_a_request_is_gated_by_its_method_path_and_digest(
    method: str, uri: str, expected: GatedRequest | None
) -> None:
    assert find_gated(method, uri) == expected


def test_a_repository_can_be_named_like_a_path_of_the_registry() -> None:
    repository = "a/blobs/uploads/b"
    found = find_gated("PUT", f"/v2/{repository}/blobs/uploads/1?digest={DIGEST}")
    assert found == gated(Kind.COMPLETION, ((repository, ("pull", "push")),), repository)


@given(method=st.sampled_from(["HEAD", "POST", "PUT"]), query=st.binary(max_size=4096))
def test_no_query_is_an_error(method: str, query: bytes) -> None:
    text = query.decode("latin-1")
    for path in (f"/v2/team/app/blobs/{DIGEST}", UPLOADS, UPLOAD):
        find_gated(method, f"{path}?{text}")
        find_gated(method, f"{path}?mount={text}&from={text}&digest={text}")


def test_while_a_blob_is_deleted_a_check_misses_a_mount_uploads_and_a_completion_waits() -> None:
    check, mount = answer_to_deleting(CHECK), answer_to_deleting(MOUNT)
    assert check is not None
    assert check.uri == f"/v2/team/app/blobs/sha256:{'0' * 64}"
    assert mount is not None
    assert mount.uri == UPLOADS
    assert answer_to_deleting(COMPLETION) is None


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_a_full_disk_refuses_writes(method: str) -> None:
    refusal = refuse_for_disk(method)
    assert refusal is not None
    assert refusal.reason is Reason.LOW_DISK


@pytest.mark.parametrize("method", ["DELETE", "HEAD"])
def test_a_full_disk_refuses_nothing_else(method: str) -> None:
    assert refuse_for_disk(method) is None


@pytest.mark.parametrize(
    ("method", "uri", "expected"),
    [
        ("POST", "?mount=sha512:00&from=a/b", True),
        ("POST", "?mount=sha512%3A00", True),
        ("POST", f"?mount={DIGEST}&from=a/b", False),
        ("POST", "?from=a/b", False),
        ("POST", "", False),
        ("PUT", "?mount=sha512:00", False),
    ],
)
def test_mount_by_another_digest_becomes_an_upload(method: str, uri: str, expected: bool) -> None:
    uploads = "/v2/team/app/blobs/uploads/"
    found = find_detour(method, f"{uploads}{uri}")
    assert found == (Detour(uploads) if expected else None)
