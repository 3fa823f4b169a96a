"""The storage of an account: states of the quota, what a manifest charges, and the refusal."""

import json

import pytest

from services.catalog.quotas.domain import (
    Charge,
    QuotaExceeded,
    StorageState,
    StorageUse,
    shown_bytes,
    storage_state,
    stored_charges,
)
from tests.unit.common.registry.manifest_kit import digest

FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
REFUSAL = {
    "rule": "quota",
    "quota_bytes": 10 * 1024**3,
    "used_bytes": 9 * 1024**3,
    "needed_bytes": 2 * 1024**3,
    "trash_bytes": 0,
    "upload_bytes": 0,
}


@pytest.mark.parametrize(
    ("used", "quota", "state"),
    [
        (10**18, None, "ok"),
        (0, 100, "ok"),
        (79, 100, "ok"),
        (80, 100, "warning"),
        (94, 100, "warning"),
        (95, 100, "critical"),
        (99, 100, "critical"),
        (100, 100, "exceeded"),
        (0, 0, "exceeded"),
    ],
)
def test_state_is_that_of_the_used_part_of_the_quota(
    used: int, quota: int | None, state: StorageState
) -> None:
    assert storage_state(used, quota) == state


def test_used_bytes_include_the_trash_and_unused_uploads() -> None:
    assert StorageUse(image_bytes=1, trash_bytes=20, upload_bytes=300).used_bytes == 321


def test_stored_manifest_charges_itself_its_config_and_its_own_layers_each_once() -> None:
    content = json.dumps(
        {
            "config": {"digest": digest("c"), "size": 7},
            "layers": [
                {"digest": digest("1"), "size": 10},
                {"digest": digest("1"), "size": 10},
                {"digest": digest("2"), "size": 9, "mediaType": FOREIGN, "urls": ["https://a/b"]},
            ],
            "subject": {"digest": digest("5"), "size": 5},
        }
    ).encode()
    assert stored_charges(content, digest=digest("f")) == (
        Charge(digest("1"), 10),
        Charge(digest("c"), 7),
        Charge(digest("f"), len(content)),
    )


def test_stored_index_charges_its_children() -> None:
    content = json.dumps({"manifests": [{"digest": digest("1"), "size": 10}]}).encode()
    assert Charge(digest("1"), 10) in stored_charges(content, digest=digest("f"))


def test_refusal_names_quota_use_and_need() -> None:
    message = QuotaExceeded(REFUSAL).message
    assert "the image needs 2.0 GiB" in message
    assert "uses 9.0 GiB of its storage quota of 10.0 GiB; delete images and empty" in message
    assert "in the trash" not in message


def test_refusal_names_the_trash_and_abandoned_uploads() -> None:
    error = QuotaExceeded({**REFUSAL, "trash_bytes": 1536, "upload_bytes": 10})
    assert (
        "of which 1.5 KiB are in the trash and 10 B are uploads that no image uses; "
        "delete images and empty the trash" in error.message
    )
    assert error.detail == {
        name: value
        for name, value in {**REFUSAL, "trash_bytes": 1536, "upload_bytes": 10}.items()
        if name != "rule"
    }


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1024**2, "1.0 MiB"), (2**62, "4.0 EiB")],
)
def test_sizes_are_shown_in_units(size: int, shown: str) -> None:
    assert shown_bytes(size) == shown
