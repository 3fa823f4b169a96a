"""A request to delete that reaches the registry late destroys nothing (spec 14)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.catalog.oci_deleting import Robot
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import Team
from tests.kit.http.tampering import Proxy, running_proxy
from tests.kit.images import make_image
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions


@pytest.fixture
def proxy(registry: RegistryUnderTest) -> Iterator[Proxy]:
    """A proxy between the catalog and the registry, which can delay requests."""
    with running_proxy(registry.url) as running:
        yield running


@pytest.fixture
def registry_url(proxy: Proxy) -> str:
    """The catalog calls the registry through ``proxy``."""
    return f"http://{proxy.registry}"


def _delay_first(proxy: Proxy, path: str) -> None:
    """Delay the first request to delete something below ``path``; its sender gets no answer."""

    def delays(request: httpx.Request) -> bool:
        return request.method == "DELETE" and path in request.url.path and not proxy.delayed

    proxy.delays = delays


def _send_delayed(proxy: Proxy) -> int:
    (request,) = proxy.delayed
    with httpx.Client(trust_env=False, timeout=10) as http:
        return http.send(request).status_code


@pytest.mark.parametrize("kind", ["manifests", "blobs"])
async def test_late_deletion_of_a_repository_destroys_nothing_that_was_restored(
    mine: Team, proxy: Proxy, kind: str
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    _delay_first(proxy, f"{mine.name}/app/{kind}/")
    assert (await mine.delete(f"repositories/{mine.name}/app")).status_code == 202
    (entry,) = await soon(mine.trash, lambda entries: entries[0]["status"] == "deleted", within=40)
    await mine.restored(entry)
    assert _send_delayed(proxy) == 401
    assert mine.pulls("app", "v1", image)


@pytest.mark.parametrize("target", ["app:v1", "app@digest"])
async def test_late_deletion_of_an_image_destroys_nothing_that_was_restored(
    mine: Team, proxy: Proxy, target: str
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    _delay_first(proxy, f"{mine.name}/app/manifests/")
    target = target.replace("digest", image.manifest.digest)
    answer = await mine.delete(f"images/{mine.name}/{target}")
    assert answer.status_code in (204, 503), answer.text

    async def restored() -> int:
        return (await mine.restore(await mine.entry())).status_code

    await soon(restored, lambda status: status == 200, within=40)
    assert _send_delayed(proxy) in (401, 404)
    assert mine.pulls("app", "v1", image)


async def test_late_deletion_of_a_blob_destroys_no_image_that_was_pushed(
    mine: Team, proxy: Proxy, anonymous: httpx.AsyncClient
) -> None:
    image = make_image()
    robot = Robot(mine, anonymous, "robot")
    await robot.create("delete")
    await mine.push(make_image(), "app", "first")
    mine.pusher.upload(f"{mine.name}/app", *image.blobs)
    _delay_first(proxy, f"{mine.name}/app/blobs/")
    answer = await robot.delete(f"blobs/{image.layers[0].digest}")
    assert answer.status_code == 202, answer.text
    await mine.push(image, "app", "v1")
    assert _send_delayed(proxy) == 401
    assert mine.pulls("app", "v1", image)
