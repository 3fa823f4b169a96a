"""`GET /token` through the gateway: granted access, and malformed requests (spec 3)."""

from __future__ import annotations

import datetime
import urllib.error
import urllib.parse
import urllib.request

import httpx
import pytest

from tests.kit.http.accounts import unique
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import SERVICE, access_of, claims_of, header_of, request_token
from tests.kit.stack.run import Stack

PULL_SECONDS = 300
PUSH_SECONDS = 1800


@pytest.fixture(scope="module")
def credentials(shared_tenant: Tenant) -> tuple[str, str]:
    return shared_tenant.granted.username, shared_tenant.granted.password


def app_of(tenant: Tenant) -> str:
    return f"{tenant.private}/app"


def test_anonymous_client_gets_no_access(http: httpx.Client, shared_tenant: Tenant) -> None:
    for repository in (f"{shared_tenant.private}/app", f"{shared_tenant.public}/app"):
        answer = request_token(http, f"repository:{repository}:pull")
        assert answer.status_code == 401 or access_of(answer) == {}


def test_account_parameter_does_not_log_an_anonymous_client_in(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    for name in ("admin", shared_tenant.granted.username):
        answer = request_token(http, f"repository:{app_of(shared_tenant)}:pull", account=name)
        if answer.status_code == 200:
            assert access_of(answer) == {}
            assert claims_of(answer.json()["token"])["sub"] == ""
        else:
            assert answer.status_code == 401


def test_account_parameter_does_not_change_the_docker_user(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    other = (shared_tenant.other.username, shared_tenant.other.password)
    answer = request_token(
        http,
        f"repository:{app_of(shared_tenant)}:pull",
        auth=other,
        account=shared_tenant.granted.username,
    )
    assert access_of(answer) == {}
    assert claims_of(answer.json()["token"])["sub"] == shared_tenant.other.username


def test_response_has_every_field_that_clients_read(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    answer = request_token(http, f"repository:{app_of(shared_tenant)}:pull", auth=credentials)
    body = answer.json()
    assert body["token"] == body["access_token"]
    assert type(body["expires_in"]) is int
    assert body["expires_in"] >= 60
    issued = datetime.datetime.fromisoformat(body["issued_at"])
    assert issued.tzinfo is not None
    assert abs(datetime.datetime.now(datetime.UTC) - issued) < datetime.timedelta(seconds=60)
    assert "refresh_token" not in body
    assert answer.headers["Cache-Control"] == "no-store"


def test_token_has_the_header_and_claims_that_every_registry_accepts(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    answers = [
        request_token(http, f"repository:{app_of(shared_tenant)}:{actions}", auth=credentials)
        for actions in ("pull", "pull,push")
    ]
    pull, push = (claims_of(answer.json()["token"]) for answer in answers)
    header = header_of(answers[0].json()["token"])
    assert header["alg"] == "ES256"
    assert len(header["x5c"]) >= 1
    for claims, seconds in ((pull, PULL_SECONDS), (push, PUSH_SECONDS)):
        assert claims["aud"] == SERVICE
        assert claims["sub"] == shared_tenant.granted.username
        assert all(type(claims[name]) is int for name in ("iat", "nbf", "exp"))
        assert claims["exp"] - claims["iat"] == seconds
    assert pull["jti"] != push["jti"]


def test_request_without_a_scope_is_a_login(
    http: httpx.Client, credentials: tuple[str, str]
) -> None:
    for answer in (
        request_token(http, auth=credentials),
        request_token(http, "", auth=credentials),
    ):
        assert answer.status_code == 200
        assert claims_of(answer.json()["token"])["access"] == []


def test_granted_access_is_the_intersection_of_request_and_permission(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    app, foreign = app_of(shared_tenant), f"{shared_tenant.public}/app"
    answer = request_token(
        http,
        f"repository:{app}:pull,push,delete",
        f"repository:{foreign}:pull,push",
        auth=credentials,
    )
    assert access_of(answer) == {app: {"pull", "push"}, foreign: {"pull"}}


def test_request_with_partial_or_no_permission_gets_a_token(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    other = (shared_tenant.other.username, shared_tenant.other.password)
    private, public = app_of(shared_tenant), f"{shared_tenant.public}/app"
    assert access_of(
        request_token(http, f"repository:{private}:pull", f"repository:{public}:pull", auth=other)
    ) == {public: {"pull"}}
    assert access_of(request_token(http, f"repository:{private}:pull,push", auth=other)) == {}


def test_unknown_and_private_namespaces_get_the_same_response(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    other = (shared_tenant.other.username, shared_tenant.other.password)
    bodies = []
    for namespace in (shared_tenant.private, unique("nowhere")):
        answer = request_token(http, f"repository:{namespace}/app:pull,push", auth=other)
        assert access_of(answer) == {}
        bodies.append(set(answer.json()))
    assert bodies[0] == bodies[1]


def test_scopes_in_one_parameter_equal_scopes_in_several(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    first, second = (
        f"repository:{app_of(shared_tenant)}:pull",
        f"repository:{shared_tenant.public}/app:pull",
    )
    apart = request_token(http, first, second, auth=credentials)
    together = request_token(http, f"{first} {second}", auth=credentials)
    assert (
        access_of(apart)
        == access_of(together)
        == {app_of(shared_tenant): {"pull"}, f"{shared_tenant.public}/app": {"pull"}}
    )


def test_scopes_of_one_repository_are_merged_in_request_order(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    app, web = app_of(shared_tenant), f"{shared_tenant.private}/web"
    answer = request_token(
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


def test_class_of_a_resource_type_is_ignored_or_grants_nothing(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    access = access_of(
        request_token(http, f"repository(plugin):{app_of(shared_tenant)}:pull", auth=credentials)
    )
    assert access in ({}, {app_of(shared_tenant): {"pull"}})


def test_docker_user_with_a_push_grant_never_gets_delete_or_the_wildcard(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    app = app_of(shared_tenant)
    answer = request_token(
        http,
        f"repository:{app}:delete",
        f"repository:{app}:*",
        auth=credentials,
    )
    granted = {action for actions in access_of(answer).values() for action in actions}
    assert "delete" not in granted
    assert "*" not in granted


MALFORMED_SCOPES = {
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


@pytest.mark.parametrize("template", MALFORMED_SCOPES.values(), ids=MALFORMED_SCOPES.keys())
def test_malformed_scope_grants_nothing_and_does_not_affect_a_valid_one(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str], template: str
) -> None:
    space = shared_tenant.private
    scope = template.format(space=space, Space=space.capitalize(), long="a" * (255 - len(space)))
    assert access_of(request_token(http, scope, auth=credentials)) == {}
    valid = f"repository:{app_of(shared_tenant)}:pull"
    assert access_of(request_token(http, scope, valid, auth=credentials)) == {
        app_of(shared_tenant): {"pull"}
    }


def test_name_of_255_characters_is_granted(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    name = f"{shared_tenant.private}/{'a' * (254 - len(shared_tenant.private))}"
    assert len(name) == 255
    assert access_of(request_token(http, f"repository:{name}:pull", auth=credentials)) == {
        name: {"pull"}
    }


def test_query_that_is_not_utf8_gets_a_token_without_access(
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


def test_only_the_first_64_scopes_are_granted(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    names = [f"{shared_tenant.private}/n{number}" for number in range(65)]
    access = access_of(
        request_token(http, *(f"repository:{name}:pull" for name in names), auth=credentials)
    )
    assert list(access) == names[:64]


def test_ten_thousand_scopes_cause_no_server_error(
    http: httpx.Client, stack: Stack, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    scopes = [f"repository:{shared_tenant.private}/n{number}:pull" for number in range(10_000)]
    query = urllib.parse.urlencode([("service", SERVICE), *(("scope", scope) for scope in scopes)])
    got = urllib.request.Request(f"{stack.url}/token?{query}")  # httpx refuses a URL of this length
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


def test_request_for_another_service_gets_400(
    http: httpx.Client, credentials: tuple[str, str]
) -> None:
    for auth in (None, credentials):
        answer = request_token(http, auth=auth, service="someone-else")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"]


def test_wrong_password_is_refused_in_the_registrys_error_format(
    http: httpx.Client, shared_tenant: Tenant, credentials: tuple[str, str]
) -> None:
    scope = f"repository:{shared_tenant.public}/app:pull"
    for auth in ((credentials[0], "wrong-password"), (credentials[0], ""), ("", credentials[1])):
        answer = request_token(http, scope, auth=auth)
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
def test_malformed_credentials_are_refused_and_not_treated_as_anonymous(
    http: httpx.Client, shared_tenant: Tenant, authorization: str
) -> None:
    answer = http.get(
        "/token",
        params={"service": SERVICE, "scope": f"repository:{shared_tenant.public}/app:pull"},
        headers={"Authorization": authorization},
    )
    assert answer.status_code in (400, 401, 431)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_cause_no_server_error(http: httpx.Client, method: str) -> None:
    answer = http.request(method, "/token")
    assert answer.status_code != 422
    assert answer.status_code < 500


def test_published_keys_are_public_and_include_the_signing_key(
    http: httpx.Client, credentials: tuple[str, str]
) -> None:
    published = http.get("/.well-known/jwks.json").raise_for_status().json()["keys"]
    assert published
    assert all("d" not in key for key in published)
    header = header_of(request_token(http, auth=credentials).json()["token"])
    if "kid" in header:
        assert header["kid"] in {key["kid"] for key in published}
