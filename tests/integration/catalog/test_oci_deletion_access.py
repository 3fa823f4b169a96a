"""Who can delete under ``/v2/``, and the refusals of the others (spec 2, 15)."""

import httpx
import pytest

from tests.integration.catalog.oci_deleting import Robot, error_of, message_of
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image

_PATHS = ("manifests/v1", f"manifests/sha256:{'0' * 64}", f"blobs/sha256:{'0' * 64}")


@pytest.fixture
async def robot(mine: Team, anonymous: httpx.AsyncClient) -> Robot:
    """A Docker user without a grant."""
    made = Robot(mine, anonymous, "robot")
    await made.create(None)
    await mine.push(make_image(), "app", "v1")
    return made


def _scope(robot: Robot, repository: str = "app") -> str:
    return f'scope="repository:{robot.mine.name}/{repository}:pull,push,delete"'


@pytest.mark.parametrize("path", _PATHS)
async def test_client_without_a_token_is_asked_for_one_that_can_delete(
    robot: Robot, path: str
) -> None:
    answer = await robot.delete(path, actions=None)
    assert error_of(answer) == (401, "UNAUTHORIZED")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer realm=")
    assert challenge.endswith(_scope(robot))


async def test_client_with_an_invalid_token_is_asked_for_another_one(
    mine: Team, robot: Robot, anonymous: httpx.AsyncClient
) -> None:
    answer = await anonymous.delete(
        f"/v2/{mine.name}/app/manifests/v1", headers={"Authorization": "Bearer x.y.z"}
    )
    assert error_of(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].endswith(_scope(robot) + ',error="invalid_token"')


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("actions", ["", "pull", "pull,push"])
async def test_docker_user_with_the_grant_is_asked_for_a_token_that_can_delete(
    robot: Robot, path: str, actions: str
) -> None:
    await robot.grant("delete")
    answer = await robot.delete(path, actions=actions)
    assert error_of(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].endswith(
        _scope(robot) + ',error="insufficient_scope"'
    )
    assert "access token" in message_of(answer)
    assert set(await robot.mine.tags("app")) == {"v1"}


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("permission", [None, "pull", "push"])
async def test_refusal_of_a_docker_user_without_the_grant_says_who_can_delete(
    robot: Robot, path: str, permission: str | None
) -> None:
    if permission is not None:
        await robot.grant(permission)
    answer = await robot.delete(path, actions="pull,push" if permission == "push" else "pull")
    assert error_of(answer) == (403, "DENIED")
    assert "WWW-Authenticate" not in answer.headers
    for words in ("owner of the namespace", "console", "JSON API", "grant `delete`"):
        assert words in message_of(answer)
    assert set(await robot.mine.tags("app")) == {"v1"}


async def test_refusal_does_not_reveal_a_private_namespace(robot: Robot) -> None:
    """A token of somebody who may not pull allows nothing, whether the repository exists or not."""
    answers = [
        await robot.delete("manifests/v1", actions="", repository=name) for name in ("app", "none")
    ]
    assert answers[0].status_code == answers[1].status_code == 403
    assert answers[0].content == answers[1].content
    anonymous = Robot(robot.mine, robot._http, "")
    for name in ("app", "none"):
        answer = await anonymous.delete("manifests/v1", actions="", repository=name)
        assert error_of(answer) == (401, "UNAUTHORIZED")
        assert _scope(robot, name) in answer.headers["WWW-Authenticate"]


async def test_grant_of_a_disabled_docker_user_counts_for_nothing(mine: Team, robot: Robot) -> None:
    await robot.grant("delete")
    disabled = await mine.http.patch("/api/v1/docker-users/robot", json={"disabled": True})
    assert disabled.status_code == 200
    assert error_of(await robot.delete("manifests/v1", actions="pull")) == (403, "DENIED")


@pytest.mark.parametrize("actions", ["delete", "*"])
async def test_token_for_deletion_alone_is_enough(robot: Robot, actions: str) -> None:
    """Distribution requires no more."""
    assert (await robot.delete("manifests/v1", actions=actions)).status_code == 202


async def test_token_of_another_repository_allows_nothing(mine: Team, robot: Robot) -> None:
    await robot.grant("delete")
    await mine.push(make_image(), "other", "v1")
    answer = await robot.delete("manifests/v1", actions="", repository="other")
    assert answer.status_code == 401
    assert set(await mine.tags("other")) == {"v1"}
