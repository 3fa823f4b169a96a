"""`/access/explain` (spec 4) explains the decision of the token issuer."""

import httpx
import pytest

from tests.integration.auth.conftest import Replica, World, bearer, sign_in
from tests.integration.auth.tokens import access, get
from tests.kit.database import Database


async def explain(
    client: httpx.AsyncClient,
    me: dict[str, str],
    repository: str,
    action: str,
    user: str | None = None,
) -> httpx.Response:
    query = {"repository": repository, "action": action, **({"docker_user": user} if user else {})}
    return await client.get("/api/v1/access/explain", params=query, headers=me)


async def test_access_is_explained_to_the_owner_only(
    client: httpx.AsyncClient, world: World
) -> None:
    space = await world.add_namespace("team", "public")
    other = World(world.database)
    await other.add_account()
    theirs = bearer(await sign_in(client, other))
    assert (await explain(client, {}, f"{space}/app", "pull")).status_code == 401
    refused = await explain(client, theirs, f"{space}/app", "pull")
    assert (refused.status_code, refused.json()["code"]) == (404, "namespace_not_found")
    assert (
        await explain(client, theirs, f"{world.name('nowhere')}/app", "pull")
    ).json() == refused.json()


@pytest.mark.parametrize("anonymous_pull", [False, True])
async def test_explanation_agrees_with_the_issued_token(
    replica: Replica, world: World, anonymous_pull: bool
) -> None:
    client = await replica(anonymous_pull=anonymous_pull)
    me = bearer(await sign_in(client, world))
    users: list[str | None] = [
        None,
        *[await world.add_user(name) for name in ("puller", "pusher", "deleter", "stranger")],
    ]
    spaces = [
        await world.add_namespace(v, v, puller="pull", pusher="push", deleter="delete")
        for v in ("public", "private")
    ]
    for space in spaces:
        for user in users:
            for action in ("pull", "push", "delete"):
                token = await get(client, user, f"repository:{space}/app:{action}")
                answer = (await explain(client, me, f"{space}/app", action, user)).json()
                assert answer["allowed"] == bool(access(token)), (space, user, action)
                assert answer["reason"].endswith(".")


@pytest.mark.parametrize(
    ("user", "action", "words"),
    [
        ("stranger", "pull", "has no grant in"),
        ("stranger", "push", "has no push grant in"),
        ("puller", "push", "Its grant is `pull`. Change it to `push`."),
        ("stranger", "delete", "has no delete grant in"),
        ("puller", "delete", "Its grant is `pull`. Change it to `delete`."),
        ("pusher", "delete", "Its grant is `push`. Change it to `delete`."),
        ("nobody", "delete", "There is no Docker user"),
        ("off", "delete", "disabled"),
        ("nobody", "pull", "There is no Docker user"),
        ("off", "pull", "disabled"),
    ],
)
async def test_denial_names_what_is_missing(
    client: httpx.AsyncClient, world: World, user: str, action: str, words: str
) -> None:
    me = bearer(await sign_in(client, world))
    for name in ("stranger", "puller", "pusher", "off"):
        await world.add_user(name)
    space = await world.add_namespace("team", puller="pull", pusher="push", off="delete")
    await world.set_user("off", "disabled = true")
    answer = (await explain(client, me, f"{space}/app", action, world.name(user))).json()
    assert not answer["allowed"]
    assert words in answer["reason"]
    assert world.name(user) in answer["reason"]


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_missing_delete_grant_is_named_whatever_else_the_docker_user_may_do(
    client: httpx.AsyncClient, world: World, visibility: str
) -> None:
    me = bearer(await sign_in(client, world))
    for name in ("stranger", "puller", "deleter"):
        await world.add_user(name)
    space = await world.add_namespace("team", visibility, puller="pull", deleter="delete")

    async def reason(user: str | None, action: str) -> str:
        name = None if user is None else world.name(user)
        answer = (await explain(client, me, f"{space}/app", action, name)).json()
        return str(answer["reason"]).replace(space, "team").replace(f"-{world.suffix}", "")

    assert await reason("stranger", "delete") == (
        "'stranger' has no delete grant in 'team'. Add a `delete` grant."
    )
    assert await reason("puller", "delete") == (
        "'puller' has no delete grant in 'team'. Its grant is `pull`. Change it to `delete`."
    )
    assert await reason("deleter", "delete") == "'deleter' has a delete grant in 'team'."
    assert await reason("deleter", "push") == (
        "'deleter' has a delete grant in 'team', which includes push."
    )
    assert await reason(None, "delete") == ("Deleting requires a Docker user with a delete grant.")


@pytest.mark.parametrize("visibility", ["public", "private"])
@pytest.mark.parametrize("anonymous_pull", [False, True])
async def test_docker_user_of_another_account_looks_like_one_that_does_not_exist(
    replica: Replica, world: World, visibility: str, anonymous_pull: bool
) -> None:
    """Otherwise the owner of a namespace could find out which Docker users exist (spec 2.10)."""
    client = await replica(anonymous_pull=anonymous_pull)
    me = bearer(await sign_in(client, world))
    space = await world.add_namespace("team", visibility)
    other = World(world.database)
    await other.add_account()
    names = [await other.add_user("enabled"), await other.add_user("off"), world.name("nobody")]
    await other.set_user("off", "disabled = true")
    for action in ("pull", "push", "delete"):
        answers = [
            (await explain(client, me, f"{space}/app", action, name)).text.replace(name, "NAME")
            for name in names
        ]
        assert len(set(answers)) == 1, answers
        token = await get(client, names[0], f"repository:{space}/app:{action}")
        assert f'"allowed":{str(bool(access(token))).lower()}' in answers[0].replace(" ", "")


async def test_docker_user_of_another_account_with_a_grant_is_explained(
    client: httpx.AsyncClient, world: World
) -> None:
    """The owner sees the Docker user in the list of grants."""
    me = bearer(await sign_in(client, world))
    space = await world.add_namespace("team")
    other = World(world.database)
    await other.add_account()
    partner = await other.add_user("partner")
    world.users["partner"] = other.users["partner"]
    await world.grant("team", "partner", "pull")
    pull = (await explain(client, me, f"{space}/app", "pull", partner)).json()
    assert pull == {
        "allowed": True,
        "rule": "granted",
        "reason": f"'{partner}' has a grant in '{space}'.",
    }
    push = (await explain(client, me, f"{space}/app", "push", partner)).json()
    assert (push["allowed"], "has no push grant" in push["reason"]) == (False, True)
    await other.set_user("partner", "disabled = true")
    off = (await explain(client, me, f"{space}/app", "pull", partner)).json()
    assert (off["allowed"], "disabled" in off["reason"]) == (False, True)


async def test_administrator_gets_the_reason_of_every_docker_user(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    admin = World(database)
    await admin.add_account("admin")
    me = bearer(await sign_in(client, admin))
    space = await world.add_namespace("team")
    stranger = await world.add_user("stranger")
    answer = (await explain(client, me, f"{space}/app", "pull", stranger)).json()
    assert f"'{stranger}' has no grant in it" in answer["reason"]


async def test_invalid_input_names_its_field(client: httpx.AsyncClient, world: World) -> None:
    me = bearer(await sign_in(client, world))
    space = await world.add_namespace("team")
    for repository, action, field in (
        ("Team/app", "pull", "repository"),
        ("team", "pull", "repository"),
        (f"{space}/app", "fly", "action"),
    ):
        answer = await explain(client, me, repository, action)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_repository_that_is_being_deleted_is_named(
    client: httpx.AsyncClient, world: World
) -> None:
    me = bearer(await sign_in(client, world))
    user = await world.add_user("pusher")
    space = await world.add_namespace("team", "public", pusher="push")
    await world.database.execute(
        "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', $1)", f"{space}/app"
    )
    answer = (await explain(client, me, f"{space}/app", "push", user)).json()
    assert (answer["allowed"], "being deleted" in answer["reason"]) == (False, True)
    assert (await explain(client, me, f"{space}/other", "push", user)).json()["allowed"] is True
