"""``DELETE /v2/<name>/blobs/uploads/<id>``: whoever can push can cancel an upload (spec 15)."""

import httpx
import pytest

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from tests.integration.catalog.oci_deleting import Robot, error_of
from tests.integration.catalog.trashing import Team

pytestmark = pytest.mark.registry_versions
PUSH = "pull,push"


@pytest.fixture
async def robot(mine: Team, anonymous: httpx.AsyncClient) -> Robot:
    """A Docker user with the grant `push`."""
    made = Robot(mine, anonymous, "robot")
    await made.create("push")
    return made


def _open_upload(mine: Team) -> str:
    """Open an upload in the registry; return its path below the repository, with its query."""
    path = f"{mine.name}/app"
    with mine.registry.client(path) as http:
        opened = http.post(f"/v2/{path}/blobs/uploads/").raise_for_status()
    location = httpx.URL(opened.headers["Location"]).raw_path.decode()
    return location.removeprefix(f"/v2/{path}/")


def _status(mine: Team, upload: str) -> int:
    path = f"{mine.name}/app"
    with mine.registry.client(path) as http:
        return http.get(f"/v2/{path}/{upload}").status_code


async def test_upload_is_canceled_with_a_token_that_can_push(mine: Team, robot: Robot) -> None:
    upload = _open_upload(mine)
    assert _status(mine, upload) == 204
    answer = await robot.delete(upload, actions=PUSH)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    assert _status(mine, upload) == 404
    assert error_of(await robot.delete(upload, actions=PUSH)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("actions", [None, "", "pull"])
async def test_other_tokens_cancel_nothing(mine: Team, robot: Robot, actions: str | None) -> None:
    upload = _open_upload(mine)
    answer = await robot.delete(upload, actions=actions)
    assert error_of(answer) == (401, "UNAUTHORIZED")
    assert f'scope="repository:{mine.name}/app:pull,push"' in answer.headers["WWW-Authenticate"]
    assert _status(mine, upload) == 204


async def test_upload_is_canceled_only_with_its_own_state(mine: Team, robot: Robot) -> None:
    upload, other = _open_upload(mine), _open_upload(mine)
    path = upload.partition("?")[0]
    for address in (path, f"{path}?_state=x", f"{path}?{other.partition('?')[2]}"):
        answer = await robot.delete(address, actions=PUSH)
        assert error_of(answer) == (404, "BLOB_UPLOAD_UNKNOWN"), address
        assert "Location" in answer.json()["errors"][0]["message"]
        assert "detail" not in answer.json()["errors"][0]
    assert _status(mine, upload) == _status(mine, other) == 204


async def test_upload_that_cannot_exist_is_unknown(mine: Team, robot: Robot) -> None:
    state = _open_upload(mine).partition("?")[2]
    for name in ("%2E%2E", "a%3Fb", "x" * 200):
        answer = await robot.delete(f"blobs/uploads/{name}?{state}", actions=PUSH)
        assert error_of(answer) == (404, "BLOB_UPLOAD_UNKNOWN"), name


async def test_registry_that_is_away(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = _open_upload(mine)

    async def away(self: Registry, *_: object, **__: object) -> bool:
        raise RegistryUnavailable("away")

    monkeypatch.setattr(Registry, "cancel_upload", away)
    assert error_of(await robot.delete(upload, actions=PUSH)) == (503, "UNAVAILABLE")
