"""An account with at least one object of each kind, as the pages of the console show them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx

from tests.kit.http.accounts import Account, DockerUser, new_password, unique
from tests.kit.http.registry import Registry
from tests.kit.images import Blob, Image, make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LONG_TAG = "nightly-" + "0123456789" * 8


@dataclass(frozen=True, slots=True)
class Content:
    """An account with at least one object of each kind. All free texts are `SCRIPT`."""

    account: Account
    namespace: str
    user: DockerUser

    @property
    def repository(self) -> str:
        return f"{self.namespace}/shop/app"


@contextmanager
def made_content(stack: Stack, admin: Account, http: httpx.Client) -> Iterator[Content]:
    """Make the account and its objects. At the end, delete them."""
    with admin.make_account(password=new_password()) as account:
        user, disabled = account.make_docker_user(token_login=True), account.make_docker_user()
        content = Content(account, unique("space"), user)
        account.call(
            "POST",
            "/namespaces",
            json={"name": content.namespace, "visibility": "public", "description": SCRIPT},
        )
        account.grant(content.namespace, user, "push")
        account.call(
            "PUT",
            f"/namespaces/{content.namespace}/rules",
            json={"immutable_tags": ["v*"], "retention": [{"tags": "*", "keep_last": 100}]},
        )
        with Registry(stack.url, (user.username, user.password)) as registry:
            registry.push(make_index(), content.repository, "latest")
            registry.push(image_with_label(SCRIPT), content.repository, "v1")
            registry.push(make_image(), content.repository, LONG_TAG)
            registry.push(make_image(), content.repository, "deleted")
            eventually(
                lambda: (
                    account.tags(content.repository).keys() == {"latest", "v1", LONG_TAG, "deleted"}
                ),
                within=30,
                what="the tags in the catalog",
            )
            registry.manifest(content.repository, "v1")
        account.call("DELETE", f"/images/{content.repository}:deleted")
        for path in (f"/repositories/{content.repository}", f"/docker-users/{user.username}"):
            account.call("PATCH", path, json={"description": SCRIPT})
        account.call("PATCH", f"/docker-users/{disabled.username}", json={"disabled": True})
        account.call("POST", "/api-keys", json={"name": SCRIPT, "permission": "read"})
        account.call(
            "POST",
            f"/docker-users/{user.username}/tokens",
            json={"name": SCRIPT, "permission": "pull"},
        )
        login = {"service": "moorage", "offline_token": "true", "client_id": f"agent {SCRIPT}"}
        http.get("/token", params=login, auth=(user.username, user.password)).raise_for_status()
        yield content


def image_with_label(text: str) -> Image:
    """Return an image with the label `note`."""
    image = make_image()
    config = json.loads(image.config.content)
    config["config"]["Labels"] = {"note": text}
    new_config = Blob(image.config.media_type, json.dumps(config).encode())
    manifest = {**json.loads(image.manifest.content), "config": new_config.descriptor()}
    return replace(
        image,
        config=new_config,
        manifest=Blob(image.manifest.media_type, json.dumps(manifest).encode()),
    )
