"""`GET /token` through the gateway: what is granted, what never is, and that no request breaks it (spec 3)."""

from __future__ import annotations

import datetime
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import httpx
import pytest

from tests.kit.http.accounts import Account, unique
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.http.tokens import SERVICE, access_of, ask, claims_of, header_of
from tests.kit.stack.run import Stack

PULL_SECONDS = 300
PUSH_SECONDS = 1800


@pytest.fixture(scope="module")
def shared(admin: Account) -> Iterator[Tenant]:
    """Read only: these tests change nothing of it."""
    with admin.make_account() as account:
        yield make_tenant(account)


@pytest.fixture(scope="module")
def credentials(shared: Tenant) -> tuple[str, str]:
    return shared.granted.username, shared.granted.password


def app_of(tenant: Tenant) -> str:
    return f"{tenant.private}/app"


def test_anonymous_gets_a_token_that_grants_nothing_or_a_refusal(
    http: httpx.Client, shared: Tenant
) -> None:
    for repository in (f"{shared.private}/app", f"{shared.public}/app"):
        answer = ask(http, f"repository:{repository}:pull")
        assert answer.status_code == 401 or access_of(answer) == {}


def test_anonymous_with_an_account_parameter_stays_anonymous(
    http: httpx.Client, shared: Tenant
) -> None:
    for name in ("admin", shared.granted.username):
        answer = ask(http, f"repository:{app_of(shared)}:pull", account=name)
        if answer.status_code == 200:
            assert access_of(answer) == {}
            assert claims_of(answer.json()["token"])["sub"] == ""
        else:
            assert answer.status_code == 401


def test_account_parameter_changes_nothing_for_a_signed_in_user(
    http: httpx.Client, shared: Tenant
) -> None:
    other = shared.other.credentials
    answer = ask(
        http, f"repository:{app_of(shared)}:pull", auth=other, account=shared.granted.username
    )
    assert access_of(answer) == {}
    assert claims_of(answer.json()["token"])["sub"] == shared.other.username


def test_answer_has_what_every_client_reads(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    answer = ask(http, f"repository:{app_of(shared)}:pull", auth=credentials)
    body = answer.json()
    assert body["token"] == body["access_token"]
    assert type(body["expires_in"]) is int
    assert body["expires_in"] >= 60
    issued = datetime.datetime.fromisoformat(body["issued_at"])
    assert issued.tzinfo is not None
    assert abs(datetime.datetime.now(datetime.UTC) - issued) < datetime.timedelta(seconds=60)
    assert "refresh_token" not in body
    assert answer.headers["Cache-Control"] == "no-store"


def test_token_is_in_the_one_form_that_every_registry_takes(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    answers = [
        ask(http, f"repository:{app_of(shared)}:{actions}", auth=credentials)
        for actions in ("pull", "pull,push")
    ]
    pull, push = (claims_of(answer.json()["token"]) for answer in answers)
    header = header_of(answers[0].json()["token"])
    assert header["alg"] == "ES256"
    assert len(header["x5c"]) >= 1
    for claims, seconds in ((pull, PULL_SECONDS), (push, PUSH_SECONDS)):
        assert claims["aud"] == SERVICE
        assert claims["sub"] == shared.granted.username
        assert all(type(claims[name]) is int for name in ("iat", "nbf", "exp"))
        assert claims["exp"] - claims["iat"] == seconds
    assert pull["jti"] != push["jti"]


def test_empty_scope_is_a_login(http: httpx.Client, credentials: tuple[str, str]) -> None:
    for answer in (ask(http, auth=credentials), ask(http, "", auth=credentials)):
        assert answer.status_code == 200
        assert claims_of(answer.json()["token"])["access"] == []


def test_grant_is_what_is_asked_and_allowed(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    app, foreign = app_of(shared), f"{shared.public}/app"
    asked = ask(
        http,
        f"repository:{app}:pull,push,delete",
        f"repository:{foreign}:pull,push",
        auth=credentials,
    )
    assert access_of(asked) == {app: {"pull", "push"}, foreign: {"pull"}}


def test_partial_and_empty_grants_are_no_error(http: httpx.Client, shared: Tenant) -> None:
    other = shared.other.credentials
    private, public = app_of(shared), f"{shared.public}/app"
    assert access_of(
        ask(http, f"repository:{private}:pull", f"repository:{public}:pull", auth=other)
    ) == {public: {"pull"}}
    assert access_of(ask(http, f"repository:{private}:pull,push", auth=other)) == {}


def test_unknown_namespace_and_private_one_look_the_same(
    http: httpx.Client, shared: Tenant
) -> None:
    other = shared.other.credentials
    bodies = []
    for namespace in (shared.private, unique("nowhere")):
        answer = ask(http, f"repository:{namespace}/app:pull,push", auth=other)
        assert access_of(answer) == {}
        bodies.append(set(answer.json()))
    assert bodies[0] == bodies[1]


def test_scopes_apart_or_in_one_parameter_are_the_same(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    first, second = f"repository:{app_of(shared)}:pull", f"repository:{shared.public}/app:pull"
    apart = ask(http, first, second, auth=credentials)
    together = ask(http, f"{first} {second}", auth=credentials)
    assert (
        access_of(apart)
        == access_of(together)
        == {app_of(shared): {"pull"}, f"{shared.public}/app": {"pull"}}
    )


def test_scopes_of_one_repository_are_merged_in_request_order(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    app, web = app_of(shared), f"{shared.private}/web"
    answer = ask(
        http,
        f"repository:{web}:pull",
        f"repository:{app}:pull",
        f"repository:{app}:pull,push repository:{web}:pull",
        auth=credentials,
    )
    access = claims_of(answer.json()["token"])["access"]
    assert [entry["name"] for entry in access] == [web, app]
    assert access[1]["actions"] == ["pull", "push"]
    assert access[0]["actions"] == ["pull"]


def test_class_of_a_resource_type_is_stripped_or_grants_nothing(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    access = access_of(ask(http, f"repository(plugin):{app_of(shared)}:pull", auth=credentials))
    assert access in ({}, {app_of(shared): {"pull"}})


def test_delete_and_the_registry_catalog_are_never_granted(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    app = app_of(shared)
    answer = ask(
        http,
        "registry:catalog:*",
        f"repository:{app}:delete",
        f"repository:{app}:*",
        auth=credentials,
    )
    granted = {action for actions in access_of(answer).values() for action in actions}
    assert "delete" not in granted
    assert "*" not in granted


NOT_A_SCOPE = {
    "upper case": "repository:{Space}/app:pull",
    "double slash": "repository:{space}//app:pull",
    "dots": "repository:{space}/../app:pull",
    "encoded dots": "repository:{space}/%2e%2e/app:pull",
    "encoded slash": "repository:{space}%2Fapp:pull",
    "no repository": "repository:{space}:pull",
    "trailing slash": "repository:{space}/:pull",
    "leading slash": "repository:/{space}/app:pull",
    "other host": "repository:example.com:5000/{space}/app:pull",
    "longer name": "repository:{space}-x/app:pull",
    "star as name": "repository:*:pull",
    "star in name": "repository:{space}/*:pull",
    "no name": "repository::pull",
    "no actions": "repository:{space}/app:",
    "no colon": "repository",
    "colons alone": ":::",
    "one part": "{space}/app",
    "256 characters": "repository:{space}/{long}:pull",
    "control characters": "repository:{space}/app\r\n\t\x07:pull",
    "nul": "repository:{space}/a\x00pp:pull",
    "not ascii": "repository:{space}/应用:pull",
    "other type": "plugin:{space}/app:pull",
    "type in upper case": "Repository:{space}/app:pull",
    "upper case action": "repository:{space}/app:PULL",
    "unknown action": "repository:{space}/app:admin",
    "quotes": 'repository:{space}/app",scope="repository:x:pull:pull',
}


@pytest.mark.parametrize("template", NOT_A_SCOPE.values(), ids=NOT_A_SCOPE.keys())
def test_malformed_scope_grants_nothing_and_spares_the_valid_one_beside_it(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str], template: str
) -> None:
    space = shared.private
    scope = template.format(space=space, Space=space.capitalize(), long="a" * (255 - len(space)))
    assert access_of(ask(http, scope, auth=credentials)) == {}
    valid = f"repository:{app_of(shared)}:pull"
    assert access_of(ask(http, scope, valid, auth=credentials)) == {app_of(shared): {"pull"}}


def test_name_of_255_characters_is_granted(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    name = f"{shared.private}/{'a' * (254 - len(shared.private))}"
    assert len(name) == 255
    assert access_of(ask(http, f"repository:{name}:pull", auth=credentials)) == {name: {"pull"}}


def test_raw_bytes_that_are_no_text_are_no_error(
    http: httpx.Client, credentials: tuple[str, str]
) -> None:
    for query in (
        "scope=%ff%fe",
        "scope=repository:%00/%ff:pull",
        "scope",
        "scope=&scope=",
        "%ff=1",
        "service[]=x",
    ):
        answer = http.get(f"/token?service={SERVICE}&{query}", auth=credentials)
        assert access_of(answer) == {}


def test_sixty_four_scopes_are_considered_and_no_more(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    names = [f"{shared.private}/n{number}" for number in range(65)]
    access = access_of(ask(http, *(f"repository:{name}:pull" for name in names), auth=credentials))
    assert list(access) == names[:64]


def test_ten_thousand_scopes_are_survived(
    http: httpx.Client, stack: Stack, shared: Tenant, credentials: tuple[str, str]
) -> None:
    scopes = [f"repository:{shared.private}/n{number}:pull" for number in range(10_000)]
    query = urllib.parse.urlencode([("service", SERVICE), *(("scope", scope) for scope in scopes)])
    got = urllib.request.Request(f"{stack.url}/token?{query}")  # httpx builds no URL of this length
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(got, timeout=30)
    with refused.value as answer:
        assert answer.status in (400, 414, 431)
    form = {
        "grant_type": "password",
        "service": SERVICE,
        "client_id": "test",
        "scope": " ".join(scopes),
    }
    posted = http.post(
        "/token", data={**form, "username": credentials[0], "password": credentials[1]}
    )
    assert posted.status_code != 422
    assert posted.status_code < 500
    if posted.status_code == 200:
        assert len(access_of(posted)) <= 64


def test_other_service_is_a_bad_request(http: httpx.Client, credentials: tuple[str, str]) -> None:
    for auth in (None, credentials):
        answer = ask(http, auth=auth, service="someone-else")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"]


def test_wrong_password_is_refused_in_the_registrys_error_format(
    http: httpx.Client, shared: Tenant, credentials: tuple[str, str]
) -> None:
    scope = f"repository:{shared.public}/app:pull"
    for auth in ((credentials[0], "wrong-password"), (credentials[0], ""), ("", credentials[1])):
        answer = ask(http, scope, auth=auth)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic Zm9v",
        "Basic /////w==",
        "Bearer x",
        "Bearer",
        "Digest a=b",
        "Basic " + "QQ" * 20_000,
    ],
)
def test_unreadable_authorization_is_refused_and_never_anonymous(
    http: httpx.Client, shared: Tenant, authorization: str
) -> None:
    answer = http.get(
        "/token",
        params={"service": SERVICE, "scope": f"repository:{shared.public}/app:pull"},
        headers={"Authorization": authorization},
    )
    assert answer.status_code in (400, 401, 431)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_no_server_error(http: httpx.Client, method: str) -> None:
    answer = http.request(method, "/token")
    assert answer.status_code != 422
    assert answer.status_code < 500


def test_published_keys_are_public_and_include_the_signing_one(
    http: httpx.Client, credentials: tuple[str, str]
) -> None:
    published = http.get("/.well-known/jwks.json").raise_for_status().json()["keys"]
    assert published
    assert all("d" not in key for key in published)
    header = header_of(ask(http, auth=credentials).json()["token"])
    if "kid" in header:
        assert header["kid"] in {key["kid"] for key in published}
