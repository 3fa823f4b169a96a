"""Events of the catalog's own pushes during the deletion of a tag."""

from dataclasses import replace

from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.deletion.tags.domain import TagDeletion, TagPush
from services.catalog.sync.feed.concurrent_pushes import without_own_pushes
from tests.unit.catalog.sync.feed.events import T0, event

DELETION = TagDeletion(
    id=1,
    repository="team/app",
    tag="v1",
    digest="sha256:old",
    pushed_at=T0,
    placeholder="sha256:placeholder",
    started_at=T0,
    is_finished=True,
    restored=TagPush("sha256:new", T0, "alice"),
    account_id=1,
    account="acme",
    client_address=None,
)


def test_push_of_a_placeholder_is_removed() -> None:
    own = replace(event(tag="v1", digest="sha256:placeholder"), docker_user=CATALOG_SUBJECT)
    client = event(tag="v1", digest="sha256:new")
    assert without_own_pushes([own, client], [DELETION]) == [client]


def test_push_that_restores_an_image_gets_time_and_user_of_the_client() -> None:
    client = event(tag="v1", digest="sha256:new")
    own = replace(
        event(tag="v1", digest="sha256:new", minute=5),
        position=client.position,
        docker_user=CATALOG_SUBJECT,
    )
    assert without_own_pushes([own], [DELETION]) == [client]


def test_own_push_of_another_image_and_own_deletion_remain() -> None:
    push = replace(event(tag="v2", digest="sha256:new"), docker_user=CATALOG_SUBJECT)
    deletion = replace(event("delete", digest="sha256:1"), docker_user=CATALOG_SUBJECT)
    assert without_own_pushes([push, deletion], [DELETION]) == [push, deletion]
    assert without_own_pushes([push], [replace(DELETION, restored=None)]) == [push]
