"""While a disk is nearly full, pushes are refused and deletions go on (spec 14)."""

from pathlib import Path

import httpx
import pytest

from libs.common.settings import SettingsError
from services.auth.gate.domain import LOW_DISK_RETRY_SECONDS
from services.auth.settings import load_settings
from tests.integration.auth.conftest import Replica
from tests.kit.stack.small_disk import fill, needs_root, small_disk
from tests.kit.waiting import soon

UPLOAD = "/v2/team/app/blobs/uploads/1"
MANIFEST = "/v2/team/app/manifests/v1"
MEGABYTE = 1024 * 1024


async def check(client: httpx.AsyncClient, method: str, uri: str) -> tuple[int, str, str]:
    answer = await client.get(
        "/internal/gate", headers={"X-Original-Method": method, "X-Original-URI": uri}
    )
    headers = answer.headers
    return answer.status_code, headers.get("x-refusal", ""), headers.get("retry-after", "")


REFUSED = (403, "low-disk", str(LOW_DISK_RETRY_SECONDS))


@needs_root
@pytest.mark.parametrize("disk", ["images_folder", "database_folder"])
async def test_pushes_are_refused_while_a_disk_has_too_little_space(
    replica: Replica, tmp_path: Path, disk: str
) -> None:
    with small_disk(tmp_path / "disk", megabytes=60) as folder:
        settings = {disk: folder, "MIN_FREE_BYTES": 10 * MEGABYTE}
        client = await replica(**settings)
        assert (await check(client, "POST", UPLOAD))[0] == 204
        filler = fill(folder, leave=9 * MEGABYTE)
        await soon(lambda: check(client, "POST", UPLOAD), lambda seen: seen == REFUSED)
        for method, uri in (("PATCH", UPLOAD), ("PUT", UPLOAD), ("PUT", MANIFEST)):
            assert await check(client, method, uri) == REFUSED
        assert (await check(client, "DELETE", MANIFEST))[0] == 204
        filler.unlink()
        await soon(lambda: check(client, "PUT", MANIFEST), lambda seen: seen[0] == 204)


@needs_root
async def test_without_a_setting_two_percent_of_a_small_disk_stay_free(
    replica: Replica, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", megabytes=100) as folder:
        client = await replica(images_folder=folder)
        fill(folder, leave=3 * MEGABYTE)
        assert (await check(client, "POST", UPLOAD))[0] == 204
        fill(folder, leave=MEGABYTE)
        await soon(lambda: check(client, "POST", UPLOAD), lambda seen: seen == REFUSED)


@needs_root
async def test_zero_turns_the_check_off(replica: Replica, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=10) as folder:
        fill(folder, leave=0)
        client = await replica(images_folder=folder, MIN_FREE_BYTES=0)
        assert (await check(client, "POST", UPLOAD))[0] == 204


@pytest.mark.parametrize("value", ["-1", "1GiB", "1e9", str(10**18)])
def test_error_names_a_wrong_limit(
    secrets_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(secrets_dir))
    monkeypatch.setenv("AUTH_DATABASE_URL", "postgresql://x")
    monkeypatch.setenv("AUTH_IMAGES_FOLDER", str(tmp_path))
    monkeypatch.setenv("MIN_FREE_BYTES", value)
    with pytest.raises(SettingsError, match=r"^MIN_FREE_BYTES: "):
        load_settings()
