"""Which manifests are admitted: the state of the repository, sizes, and needed digests."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.common.registry.error_format import (
    Denied,
    ManifestBlobUnknown,
    ManifestInvalid,
)
from libs.common.registry.storage import StoredBlob
from services.catalog.admission.domain import Target, charges, check_blobs, needed_digests
from tests.unit.common.registry.manifest_kit import digest, manifest, parsed

TARGET = Target(is_deleting=False, reserved_until=None, is_account_full=False)
STORED = {digest(letter): StoredBlob(digest(letter), 7) for letter in "c12"}


def test_push_to_an_active_repository_is_allowed() -> None:
    TARGET.check("team/app")


def test_push_to_a_repository_that_is_being_deleted_is_denied() -> None:
    with pytest.raises(Denied, match="team/app is being deleted"):
        replace(TARGET, is_deleting=True).check("team/app")


def test_push_to_a_reserved_name_is_denied_and_says_until_when() -> None:
    until = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
    with pytest.raises(Denied, match="reserved until 2026-11-27 08:30:00 UTC"):
        replace(TARGET, reserved_until=until).check("team/app")


def test_first_push_to_a_repository_beyond_the_limit_of_the_account_is_denied() -> None:
    with pytest.raises(Denied, match="as many repositories as it can have"):
        replace(TARGET, is_account_full=True).check("team/app")


def test_push_beyond_the_quota_is_denied() -> None:
    figures = {"quota_bytes": 1, "used_bytes": 1, "needed_bytes": 1}
    refusal = {"rule": "quota", **figures, "trash_bytes": 0, "upload_bytes": 0}
    with pytest.raises(Denied, match="storage quota of 1 B"):
        replace(TARGET, refusal=refusal).check("team/app")


def test_manifest_charges_what_is_stored_under_its_canonical_digest() -> None:
    stored = {**STORED, digest("1"): StoredBlob(digest("9"), 7)}
    charged = charges(parsed(manifest()), digest=digest("0"), size=5, stored=stored)
    assert {charge.digest: charge.size for charge in charged} == {
        digest("0"): 5,
        digest("2"): 7,
        digest("9"): 7,
        digest("c"): 7,
    }


def test_manifest_with_all_its_blobs_is_admitted() -> None:
    check_blobs(parsed(manifest()), STORED)


def test_missing_blob_is_refused_and_names_the_field() -> None:
    stored = {of: blob for of, blob in STORED.items() if of != digest("2")}
    with pytest.raises(ManifestBlobUnknown, match=r"layers\[1\] is sha256:2"):
        check_blobs(parsed(manifest()), stored)


def test_wrong_size_is_refused_and_names_the_field() -> None:
    with pytest.raises(ManifestInvalid, match=r"layers\[1\]\.size must be 8"):
        check_blobs(parsed(manifest()), STORED | {digest("2"): StoredBlob(digest("2"), 8)})


def test_manifest_needs_itself_all_its_digests_and_what_they_are_stored_under() -> None:
    stored = {digest("1"): StoredBlob(digest("9"), 7)}
    needed = needed_digests(parsed(manifest()), digest=digest("0"), stored=stored)
    assert needed == {digest(letter) for letter in "0c129"}


def test_push_that_would_move_an_immutable_tag_is_denied_and_named() -> None:
    refusal = {"rule": "immutable_tag", "tag": "v1"}
    with pytest.raises(Denied, match=r"^tag v1 is immutable: .* push another tag$"):
        replace(TARGET, refusal=refusal).check("team/app")
