"""Which actions a token gets for a grant `pull`, `push`, or `delete` (spec 1, 2, 3)."""

import random

import httpx
import pytest

from tests.integration.auth.conftest import PASSWORD, Replica, World, bearer, sign_in
from tests.integration.auth.test_access_tokens import new_token
from tests.integration.auth.tokens import access, claims, get, post
from tests.kit.waiting import soon

ACTIONS = ("pull", "push", "delete")
"""Each permission allows the action of its name and those before it."""


def model(requested: list[str], permission: str | None, maximum: str | None) -> list[str]:
    """Return the actions of a token, by the words of the specification.

    A ``maximum`` of None stands for a password.
    """
    allowed = ACTIONS[: 0 if permission is None else ACTIONS.index(permission) + 1]
    if maximum is not None:
        allowed = allowed[: ACTIONS.index(maximum) + 1]
    granted: list[str] = []
    for action in requested:
        for one in allowed if action == "*" else [action]:
            if one in allowed and one not in granted:
                granted.append(one)
    return granted


async def test_tokens_of_random_requests_have_the_actions_of_the_model(
    replica: Replica, world: World
) -> None:
    client, chance = await replica(anonymous_pull=True), random.Random(20)
    me = bearer(await sign_in(client, world))
    user = await world.add_user("dev")
    permissions: dict[str, str | None] = {}
    public = set()
    for permission in (None, *ACTIONS):
        for visibility in ("public", "private"):
            grants = {} if permission is None else {"dev": permission}
            name = await world.add_namespace(
                f"{visibility}-{permission or 'none'}", visibility, **grants
            )
            permissions[name] = permission
            public |= {name} if visibility == "public" else set()
    passwords = {
        maximum: (await new_token(client, world, me, maximum))["secret"] for maximum in ACTIONS
    }
    proofs: list[tuple[str | None, str]] = [(None, PASSWORD), *passwords.items()]
    for _ in range(200):
        requested: dict[str, list[str]] = {}
        scopes = []
        for _ in range(chance.randint(1, 6)):
            repository = f"{chance.choice(list(permissions))}/{chance.choice('ab')}"
            actions = chance.choices([*ACTIONS, "*", "fly"], k=chance.randint(1, 4))
            scopes.append(f"repository:{repository}:{','.join(actions)}")
            requested.setdefault(repository, []).extend(actions)
        maximum, password = chance.choice(proofs)
        is_anonymous = chance.random() < 0.1
        expected = []
        for repository, actions in requested.items():
            namespace = repository.partition("/")[0]
            permission = None if is_anonymous else permissions[namespace]
            if permission is None and namespace in public:
                permission = "pull"
            granted = model(actions, permission, None if is_anonymous else maximum)
            expected += [(repository, granted)] if granted else []
        answer = await get(client, None if is_anonymous else user, *scopes, password=password)
        assert access(answer) == expected, scopes
        decoded = claims(answer)
        writes = any({"push", "delete"} & set(granted) for _, granted in expected)
        assert decoded["exp"] - decoded["iat"] == (1800 if writes else 300)


@pytest.mark.parametrize("actions", ["delete", "*", "pull,push,delete"])
async def test_token_that_can_delete_expires_when_one_that_can_push_does(
    client: httpx.AsyncClient, world: World, actions: str
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="delete")
    token = claims(await get(client, user, f"repository:{space}/app:{actions}"))
    assert token["exp"] - token["iat"] == 1800


async def test_wildcard_becomes_the_actions_that_the_grant_allows(
    client: httpx.AsyncClient, replica: Replica, world: World
) -> None:
    """`skopeo delete` requests only `*`. The registry would take `*` in a token for any action."""
    puller, pusher, deleter, stranger = [
        await world.add_user(name) for name in ("puller", "pusher", "deleter", "stranger")
    ]
    grants = {"puller": "pull", "pusher": "push", "deleter": "delete"}
    private = await world.add_namespace("private", **grants)
    public = await world.add_namespace("public", "public", **grants)
    scopes = (f"repository:{private}/a:*", f"repository:{public}/b:*")
    for user, actions in (
        (puller, ["pull"]),
        (pusher, ["pull", "push"]),
        (deleter, ["pull", "push", "delete"]),
    ):
        assert access(await get(client, user, *scopes)) == [
            (f"{private}/a", actions),
            (f"{public}/b", actions),
        ]
    assert access(await get(client, stranger, *scopes)) == [(f"{public}/b", ["pull"])]
    assert access(await get(client, None, *scopes)) == []
    anonymous = await replica(anonymous_pull=True)
    assert access(await get(anonymous, None, *scopes)) == [(f"{public}/b", ["pull"])]


async def test_scopes_with_a_wildcard_and_with_actions_are_merged(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="delete")
    for scopes, actions in (
        (("pull", "*"), ["pull", "push", "delete"]),
        (("*", "pull,push"), ["pull", "push", "delete"]),
        (("delete", "push,*"), ["delete", "push", "pull"]),
    ):
        answer = await get(client, user, *(f"repository:{space}/a:{text}" for text in scopes))
        assert access(answer) == [(f"{space}/a", actions)]


async def test_changed_grant_changes_the_actions_of_new_tokens_within_a_second(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scope = f"repository:{space}/a:pull,push,delete"

    async def change_grant(permission: str, *, actions: list[str]) -> None:
        await world.database.execute(
            "UPDATE catalog.grants SET permission = $2 WHERE docker_user_id = $1",
            world.users["dev"],
            permission,
        )
        await soon(
            lambda: get(client, user, scope),
            lambda answer: access(answer) == [(f"{space}/a", actions)],
            within=1,
        )

    await change_grant("push", actions=["pull", "push"])
    await change_grant("delete", actions=["pull", "push", "delete"])
    await change_grant("pull", actions=["pull"])


async def test_form_that_requests_more_than_the_grant_gets_the_granted_part(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    answer = await post(
        client,
        grant_type="password",
        username=user,
        password=PASSWORD,
        scope=f"repository:{space}/app:pull,push,delete",
    )
    assert (answer.status_code, access(answer)) == (200, [(f"{space}/app", ["pull", "push"])])
    assert answer.json()["scope"] == f"repository:{space}/app:pull,push"
