"""`moorage storage check` tries the permissions on a real S3 server, a line for each."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from ops.errors import SettingError
from ops.layout import Layout
from ops.maintenance.storage_check import check_storage
from tests.kit.servers.object_storage import ObjectStorage

NAMES = [
    "connect",
    "list",
    "put",
    "get",
    "multipart upload",
    "presigned get",
    "clock",
    "delete",
]


def use(monkeypatch: pytest.MonkeyPatch, server: ObjectStorage, **changes: str) -> None:
    for name, value in {**server.settings, "S3_PREFIX": "checked", **changes}.items():
        monkeypatch.setenv(name, value)


async def checked(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, str | None]:
    """Run the command, and return the problem of each check by name."""
    is_complete = await check_storage(Layout(folder), is_json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] == is_complete
    return {one["name"]: one["problem"] for one in result["checks"]}


async def test_all_permissions_are_there_and_nothing_is_left(
    s3: ObjectStorage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    use(monkeypatch, s3)
    assert await checked(capsys, tmp_path) == dict.fromkeys(NAMES)
    assert not [path for path in (s3.files / "checked").rglob("*") if path.is_file()]


async def test_wrong_secret_is_reported_in_one_line(
    s3: ObjectStorage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    use(monkeypatch, s3, S3_SECRET_ACCESS_KEY="wrong-secret")
    found = await checked(capsys, tmp_path)
    assert found == {
        "connect": f"{s3.endpoint} does not accept the access key; check S3_ACCESS_KEY_ID,"
        " S3_SECRET_ACCESS_KEY, and S3_REGION"
    }


async def test_missing_bucket_is_named(
    s3: ObjectStorage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    use(monkeypatch, dataclasses.replace(s3, bucket="absent"))
    assert await checked(capsys, tmp_path) == {
        "connect": "there is no bucket absent in us-east-1; check S3_BUCKET and S3_REGION"
    }


async def test_server_that_does_not_answer_is_named(
    s3: ObjectStorage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    use(monkeypatch, s3, S3_ENDPOINT="http://127.0.0.1:9")
    found = await checked(capsys, tmp_path)
    assert list(found) == ["connect"]
    assert str(found["connect"]).startswith("http://127.0.0.1:9 cannot be used; check S3_ENDPOINT")


async def test_redirect_to_an_address_of_this_machine_is_reported(
    s3: ObjectStorage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    use(monkeypatch, s3, S3_REDIRECT="true")
    found = await checked(capsys, tmp_path)
    assert str(found["redirect"]).startswith("S3_REDIRECT: clients on other machines cannot reach")


async def test_folder_of_the_images_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("MOORAGE_STORAGE", raising=False)
    assert (await checked(capsys, tmp_path))["write"] is not None
    (tmp_path / "registry").mkdir()
    assert await checked(capsys, tmp_path) == {"write": None}


async def test_wrong_setting_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOORAGE_STORAGE", "s3")
    with pytest.raises(SettingError, match=r"^S3_BUCKET: missing"):
        await check_storage(Layout(tmp_path), is_json=False)
