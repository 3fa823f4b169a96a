"""``DELETE`` of tags and manifests under ``/v2/`` (spec 7, 15)."""

import httpx
import pytest

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from tests.integration.catalog.oci_deleting import Robot, error_of, message_of
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image, make_index
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions


@pytest.fixture
async def robot(mine: Team, anonymous: httpx.AsyncClient) -> Robot:
    """A Docker user with the grant `delete`."""
    made = Robot(mine, anonymous, "robot")
    await made.create("delete")
    return made


async def test_deleting_a_tag_leaves_its_sibling_and_fills_the_trash(
    mine: Team, robot: Robot
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2")
    answer = await robot.delete("manifests/v1")
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    assert mine.registry.tags(f"{mine.name}/app") == ["v2"]
    assert mine.pulls("app", "v2", image)
    assert set(await mine.tags("app")) == {"v2"}
    entry = await mine.entry()
    assert (entry["path"], entry["docker_user"]) == (f"{mine.name}/app:v1", "robot")
    assert (entry["deleted_by"], entry["via"]) == (None, None)
    await mine.restored(entry)
    assert mine.pulls("app", "v1", image)


async def test_deleting_a_digest_deletes_all_its_tags_and_fills_the_trash(
    mine: Team, robot: Robot
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2")
    digest = image.manifest.digest
    assert (await robot.delete(f"manifests/{digest}")).status_code == 202
    assert mine.registry.status(f"{mine.name}/app", digest) == 404
    assert await mine.tags("app") == {}
    entry = await mine.entry()
    assert (entry["kind"], entry["tags"], entry["docker_user"]) == (
        "manifest",
        ["v1", "v2"],
        "robot",
    )
    assert error_of(await robot.delete(f"manifests/{digest}")) == (404, "MANIFEST_UNKNOWN")
    await mine.restored(entry)
    assert mine.pulls("app", "v2", image)


async def test_deletions_are_in_the_audit_trail_with_the_docker_user(
    mine: Team, robot: Robot
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2")
    await robot.delete("manifests/v1")
    await robot.delete(f"manifests/{image.manifest.digest}")
    listed = await mine.http.get("/api/v1/audit", params={"action": "image.delete"})
    entries = listed.json()["items"]
    assert [one["target"] for one in entries] == [
        f"images/{mine.name}/app@{image.manifest.digest}",
        f"images/{mine.name}/app:v1",
    ]
    for one in entries:
        assert (one["docker_user"], one["account"], one["owner"], one["via"]) == (
            "robot",
            None,
            "acme",
            None,
        )
        assert one["client_address"]


async def test_child_of_a_tagged_index_is_not_deleted(mine: Team, robot: Robot) -> None:
    """405 is the refusal of the OCI distribution spec; clients print the message."""
    index = make_index()
    await mine.push(index, "app", "multi")
    child = index.images[0].manifest.digest
    answer = await robot.delete(f"manifests/{child}")
    assert error_of(answer) == (405, "UNSUPPORTED")
    assert index.manifest.digest in message_of(answer)
    assert "multi" in message_of(answer)
    assert mine.pulls("app", "multi", index)
    assert (await robot.delete(f"manifests/{index.manifest.digest}")).status_code == 202
    assert (await robot.delete(f"manifests/{child}")).status_code == 202


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("v9", (404, "MANIFEST_UNKNOWN")),
        (f"sha256:{'0' * 64}", (404, "MANIFEST_UNKNOWN")),
        (f"sha512:{'0' * 128}", (404, "MANIFEST_UNKNOWN")),
        ("sha256:0", (400, "DIGEST_INVALID")),
        (f"sha256:{'G' * 64}", (400, "DIGEST_INVALID")),
        ("md5:00", (400, "DIGEST_INVALID")),
        (".v1", (400, "TAG_INVALID")),
        ("v" * 129, (400, "TAG_INVALID")),
        ("v1%00", (404, "NAME_UNKNOWN")),  # no path has such a character
    ],
)
async def test_unknown_and_malformed_references(
    mine: Team, robot: Robot, reference: str, expected: tuple[int, str]
) -> None:
    await mine.push(make_image(), "app", "v1")
    assert error_of(await robot.delete(f"manifests/{reference}")) == expected


async def test_unknown_repository(robot: Robot) -> None:
    assert error_of(await robot.delete("manifests/v1", repository="none")) == (
        404,
        "NAME_UNKNOWN",
    )
    assert error_of(await robot.delete("manifests/v1", repository="A")) == (400, "NAME_INVALID")


async def test_repository_that_is_being_deleted(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mine.push(make_image(), "app", "v1")

    async def away(self: Registry, repository: str) -> list[str]:
        raise RegistryUnavailable("away")

    monkeypatch.setattr(Registry, "list_tags", away)
    assert (await mine.delete(f"repositories/{mine.name}/app")).status_code == 202
    answer = await robot.delete("manifests/v1")
    assert error_of(answer) == (403, "DENIED")
    assert "being deleted" in message_of(answer)


async def test_deletion_is_completed_later_if_the_registry_is_away(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mine.push(make_image(), "app", "v1")

    async def away(self: Registry, *_: object, **__: object) -> bool:
        raise RegistryUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "deletes_tags", away)
        patched.setattr("services.catalog.deletion.tags.usecases.DELETION_WAIT_SECONDS", 0.1)
        answer = await robot.delete("manifests/v1")
    assert error_of(answer) == (503, "UNAVAILABLE")
    assert answer.headers["Retry-After"]
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(lambda: mine.tags("app"), lambda tags: tags == {}, within=10)
    audit = await mine.http.get("/api/v1/audit", params={"action": "image.delete"})
    assert [one["docker_user"] for one in audit.json()["items"]] == ["robot"]
