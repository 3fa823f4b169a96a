"""`GET` and `POST /token` (spec 3; Distribution token spec)."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from tests.integration.auth.conftest import PASSWORD, Replica, World
from tests.integration.auth.tokens import access, claims, get, header, post
from tests.kit.waiting import soon


async def test_anonymous_client_gets_a_token_without_access(
    client: httpx.AsyncClient, world: World
) -> None:
    public = await world.add_namespace("public", "public")
    answer = await get(client, None, f"repository:{public}/app:pull", account="admin")
    assert access(answer) == []
    assert claims(answer)["sub"] == ""


async def test_anonymous_client_may_pull_public_images_if_the_setting_allows_it(
    replica: Replica, world: World
) -> None:
    client = await replica(anonymous_pull=True)
    public, private = (
        await world.add_namespace("public", "public"),
        await world.add_namespace("private"),
    )
    answer = await get(
        client, None, f"repository:{public}/app:pull,push", f"repository:{private}/app:pull"
    )
    assert access(answer) == [(f"{public}/app", ["pull"])]


async def test_response_has_every_field_that_clients_read(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    before = int(time.time())
    answer = await get(client, user, f"repository:{space}/app:pull,push", account="admin")
    body, decoded = answer.json(), claims(answer)
    assert set(body) == {"token", "access_token", "expires_in", "issued_at"}
    assert body["token"] == body["access_token"]
    assert type(body["expires_in"]) is int
    assert body["expires_in"] == 1800
    assert datetime.fromisoformat(body["issued_at"]).tzinfo == UTC
    assert (decoded["iss"], decoded["sub"], decoded["aud"]) == ("moorage", user, "moorage")
    assert all(type(decoded[name]) is int for name in ("iat", "nbf", "exp"))
    assert before <= decoded["iat"] == decoded["nbf"] == decoded["exp"] - 1800
    assert len(decoded["jti"]) >= 16
    assert decoded["access"] == [
        {"type": "repository", "name": f"{space}/app", "actions": ["pull", "push"]}
    ]
    assert header(answer)["alg"] == "ES256"
    assert len(header(answer)["x5c"]) == 1


async def test_pull_token_expires_before_a_push_token(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    pull = claims(await get(client, user, f"repository:{space}/app:pull"))
    assert pull["exp"] - pull["iat"] == 300


async def test_granted_access_is_the_intersection_of_request_and_permission(
    client: httpx.AsyncClient, world: World
) -> None:
    puller, pusher, deleter, stranger = [
        await world.add_user(name) for name in ("puller", "pusher", "deleter", "stranger")
    ]
    private = await world.add_namespace("private", puller="pull", pusher="push", deleter="delete")
    public = await world.add_namespace("public", "public", pusher="push", deleter="delete")
    scopes = (
        f"repository:{private}/a:pull,push,delete",
        f"repository:{public}/b:push,pull",
    )
    assert access(await get(client, puller, *scopes)) == [
        (f"{private}/a", ["pull"]),
        (f"{public}/b", ["pull"]),
    ]
    assert access(await get(client, pusher, *scopes)) == [
        (f"{private}/a", ["pull", "push"]),
        (f"{public}/b", ["push", "pull"]),
    ]
    assert access(await get(client, deleter, *scopes)) == [
        (f"{private}/a", ["pull", "push", "delete"]),
        (f"{public}/b", ["push", "pull"]),
    ]
    assert access(await get(client, stranger, *scopes)) == [(f"{public}/b", ["pull"])]
    nowhere = f"repository:{world.name('nowhere')}/a:pull"
    assert (
        access(await get(client, stranger, nowhere))
        == access(await get(client, stranger, f"repository:{private}/a:pull"))
        == []
    )


async def test_docker_user_may_list_repositories(client: httpx.AsyncClient, world: World) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scopes = ("registry:catalog:*", f"repository:{space}/a:push")
    answer = await get(client, user, *scopes, "registry:catalog:*")
    assert claims(answer)["access"] == [
        {"type": "registry", "name": "catalog", "actions": ["list"]},
        {"type": "repository", "name": f"{space}/a", "actions": ["push"]},
    ]
    only = claims(await get(client, user, "registry:catalog:*"))
    assert (only["sub"], only["exp"] - only["iat"]) == (user, 300)
    assert len(only["access"]) == 1
    form = {"grant_type": "password", "username": user, "password": PASSWORD}
    posted = await post(client, scope=" ".join(scopes), **form)
    assert posted.json()["scope"] == f"registry:catalog:list repository:{space}/a:push"


async def test_anonymous_client_may_list_repositories_only_if_it_may_pull(
    client: httpx.AsyncClient, replica: Replica
) -> None:
    assert access(await get(client, None, "registry:catalog:*")) == []
    open_client = await replica(anonymous_pull=True)
    assert access(await get(open_client, None, "registry:catalog:*")) == [("catalog", ["list"])]


async def test_scopes_are_merged_whether_repeated_or_joined_by_spaces(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    a, b = f"repository:{space}/a:pull", f"repository:{space}/b:pull"
    apart, together = await get(client, user, b, a), await get(client, user, f"{b} {a}")
    assert access(apart) == access(together) == [(f"{space}/b", ["pull"]), (f"{space}/a", ["pull"])]
    merged = await get(client, user, a, f"repository:{space}/a:pull,push")
    assert access(merged) == [(f"{space}/a", ["pull", "push"])]


@pytest.mark.parametrize(
    "scope",
    [
        "repository:{s}/App:pull",
        "repository:{S}/app:pull",
        "repository:{s}//app:pull",
        "repository:{s}/../{s}/app:pull",
        "repository:/{s}/app:pull",
        "repository:{s}:pull",
        "repository:*:pull",
        "repository:{s}/*:pull",
        "repository:{s}/app:delete",
        "repository:{s}/app:**",
        "repository:{s}/*:*",
        "repository:{s}/app:",
        "repository:{s}/app",
        "repository:{s}/%s:pull" % ("a" * 256),
        "repository:{s}/a\x00b:pull",
        "repository:{s}/a\nb:pull",
        "repository:{s}-x/app:pull",
        "Repository:{s}/app:pull",
        "registry:catalog:pull",
        "",
        ":",
        "*",
    ],
)
async def test_malformed_or_forbidden_scope_grants_nothing_and_does_not_affect_a_valid_one(
    client: httpx.AsyncClient, world: World, scope: str
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    bad = scope.replace("{s}", space).replace("{S}", space.capitalize())
    assert access(await get(client, user, bad)) == []
    assert access(await get(client, user, bad, f"repository:{space}/ok:pull")) == [
        (f"{space}/ok", ["pull"])
    ]


async def test_class_of_a_repository_is_ignored(client: httpx.AsyncClient, world: World) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    answer = await get(client, user, f"repository(plugin):{space}/app:pull")
    assert claims(answer)["access"] == [
        {"type": "repository", "name": f"{space}/app", "actions": ["pull"]}
    ]


async def test_only_the_first_64_scopes_are_granted(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scope = " ".join(f"repository:{space}/a{n}:pull" for n in range(1_000))
    answer = await post(
        client, grant_type="password", username=user, password=PASSWORD, scope=scope
    )
    assert [name for name, _ in access(answer)] == [f"{space}/a{n}" for n in range(64)]


async def test_request_for_another_service_gets_400(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    answer = await get(client, user, service="other")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "UNSUPPORTED"


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic Og==",
        "Basic ZGV2",
        "Basic ZGV2Og==",
        "Bearer abc",
        "",
        "Basic /////w==",
    ],
)
async def test_malformed_credentials_are_refused_and_not_treated_as_anonymous(
    client: httpx.AsyncClient, authorization: str
) -> None:
    answer = await client.get("/token?service=moorage", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


async def test_wrong_password_and_unknown_user_get_the_same_response(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    wrong = await get(client, user, password="not the password")
    unknown = await get(client, world.name("nobody"), password="not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]


async def test_disabled_user_or_account_cannot_log_in(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")

    async def answers(status: int) -> None:
        await soon(lambda: get(client, user), lambda answer: answer.status_code == status, within=1)

    await answers(200)
    await world.set_user("dev", "disabled = true")
    await answers(401)
    await world.set_user("dev", "disabled = false")
    await answers(200)
    await world.database.execute(
        "UPDATE catalog.accounts SET disabled = true WHERE id = $1", world.account_id
    )
    await answers(401)


async def test_form_response_contains_the_granted_scope(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="pull")
    scope = f"repository:{space}/app:pull repository:{space}/app:pull,push"
    answer = await post(
        client, grant_type="password", username=user, password=PASSWORD, scope=scope
    )
    assert access(answer) == [(f"{space}/app", ["pull"])]
    assert answer.json()["scope"] == f"repository:{space}/app:pull"
    assert "refresh_token" not in answer.json()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "password"},
        {"grant_type": "password", "username": "dev"},
        {"grant_type": "password", "username": "dev", "password": ""},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": "mrt_nothing"},
        {"grant_type": "client_credentials"},
        {"grant_type": "password", "username": "dev\0", "password": "x"},
    ],
)
async def test_incomplete_or_invalid_form_gets_400_or_401(
    client: httpx.AsyncClient, form: dict[str, str]
) -> None:
    answer = await post(client, **form)
    assert answer.status_code in (400, 401)
    assert answer.json()["errors"][0]["code"] in ("UNSUPPORTED", "UNAUTHORIZED")


async def test_json_body_gets_400(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", json={"grant_type": "password", "service": "moorage"})
    assert answer.status_code == 400


async def test_form_over_one_mebibyte_gets_413(client: httpx.AsyncClient) -> None:
    answer = await post(client, grant_type="password", scope="x" * (1024 * 1024))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "SIZE_INVALID"


async def test_repeated_request_gets_the_same_token(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    first, second = [
        (await get(client, user, f"repository:{space}/a:pull")).json() for _ in range(2)
    ]
    assert first == second
    await world.revoke("team", "dev")


async def test_public_keys_are_published(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert [key["alg"] for key in answer.json()["keys"]] == ["ES256"]
    assert set(answer.json()["keys"][0]) == {"kty", "crv", "x", "y", "alg", "use", "kid"}
