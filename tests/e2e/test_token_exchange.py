"""`POST /token`, the OAuth2 form: passwords, refresh tokens, and containerd's requests (spec 3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.kit.clients.docker import Ctr
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import SERVICE, access_of, claims_of, post_token_form, request_token
from tests.kit.images import make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually


def password_form(tenant: Tenant, **more: str) -> dict[str, str]:
    user = tenant.granted
    return {
        "grant_type": "password",
        "service": SERVICE,
        "client_id": "tests",
        "username": user.username,
        "password": user.password,
        **more,
    }


def refresh_form(token: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "service": SERVICE,
        "client_id": "tests",
        "refresh_token": token,
        **more,
    }


def test_request_without_a_body_is_400_or_401(http: httpx.Client) -> None:
    assert http.post("/token").status_code in (400, 401)


@pytest.mark.parametrize("missing", ["grant_type", "username", "password", "service"])
def test_form_without_a_required_field_is_400_or_401(
    http: httpx.Client, shared_tenant: Tenant, missing: str
) -> None:
    form = {name: value for name, value in password_form(shared_tenant).items() if name != missing}
    assert post_token_form(http, **form).status_code in (400, 401)


@pytest.mark.parametrize(
    "grant_type", ["", "authorization_code", "client_credentials", "PASSWORD", "refresh_token"]
)
def test_unsupported_grant_type_is_400_or_401(
    http: httpx.Client, shared_tenant: Tenant, grant_type: str
) -> None:
    assert post_token_form(
        http, **password_form(shared_tenant, grant_type=grant_type)
    ).status_code in (
        400,
        401,
    )


BODIES: list[tuple[str, dict[str, Any]]] = [
    ("json", {"json": {"grant_type": "password", "username": "a", "password": "b"}}),
    ("json list", {"json": [1, 2]}),
    ("no json", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("multipart", {"files": {"grant_type": ("x", b"password")}}),
    (
        "bytes",
        {
            "content": b"\xff\xfe\x00",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ),
    ("no type", {"content": b"grant_type=password"}),
    (
        "escapes",
        {
            "content": b"grant_type=%ff&=&&a",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ),
    (
        "charset",
        {
            "content": b"a=b",
            "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=nope"},
        },
    ),
    (
        "broken multipart",
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ),
    ("no boundary", {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}),
]


@pytest.mark.parametrize("body", [body for _, body in BODIES], ids=[name for name, _ in BODIES])
def test_body_that_is_no_form_is_400_or_401(http: httpx.Client, body: dict[str, Any]) -> None:
    assert http.post("/token", **body).status_code in (400, 401)


def test_password_grant_returns_the_token_under_both_names(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    app, web = f"{shared_tenant.private}/app", f"{shared_tenant.private}/web"
    answer = post_token_form(
        http,
        **password_form(shared_tenant, scope=f"repository:{app}:pull repository:{web}:pull,push"),
    )
    body = answer.json()
    assert access_of(answer) == {app: {"pull"}, web: {"pull", "push"}}
    assert body["access_token"] == body["token"]
    assert type(body["expires_in"]) is int
    assert app in body["scope"]
    assert "refresh_token" not in body


def test_wrong_password_gets_401_and_is_never_treated_as_anonymous(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    scope = f"repository:{shared_tenant.public}/app:pull"
    answer = post_token_form(
        http, **password_form(shared_tenant, password="wrong-password", scope=scope)
    )
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


def test_request_for_another_service_gets_400(http: httpx.Client, shared_tenant: Tenant) -> None:
    assert (
        post_token_form(http, **password_form(shared_tenant, service="someone-else")).status_code
        == 400
    )


def test_offline_access_returns_a_refresh_token_of_the_user(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    app = f"{shared_tenant.private}/app"
    first = (
        post_token_form(http, **password_form(shared_tenant, access_type="offline"))
        .raise_for_status()
        .json()
    )
    again = post_token_form(
        http, **refresh_form(first["refresh_token"], scope=f"repository:{app}:pull,push")
    )
    assert access_of(again) == {app: {"pull", "push"}}
    assert claims_of(again.json()["token"])["sub"] == shared_tenant.granted.username


def test_unknown_or_altered_refresh_token_is_refused(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    genuine: str = post_token_form(
        http, **password_form(shared_tenant, access_type="offline")
    ).json()["refresh_token"]
    for token in ("", "x", genuine[:-1], genuine + "x", genuine.swapcase(), "\x00", "é" * 100):
        assert post_token_form(http, **refresh_form(token)).status_code in (400, 401), token
    access = post_token_form(http, **password_form(shared_tenant)).json()["token"]
    assert post_token_form(http, **refresh_form(access)).status_code == 401


def test_refresh_token_is_not_accepted_as_a_password(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    genuine: str = post_token_form(
        http, **password_form(shared_tenant, access_type="offline")
    ).json()["refresh_token"]
    assert request_token(http, auth=(shared_tenant.granted.username, genuine)).status_code == 401


def test_refresh_token_follows_grant_changes_and_ends_when_the_password_changes(
    http: httpx.Client, tenant: Tenant
) -> None:
    scope, app = f"repository:{tenant.private}/app:pull", f"{tenant.private}/app"
    token: str = post_token_form(http, **password_form(tenant, access_type="offline")).json()[
        "refresh_token"
    ]
    assert access_of(post_token_form(http, **refresh_form(token, scope=scope))) == {app: {"pull"}}

    tenant.account.revoke(tenant.private, tenant.granted)
    eventually(
        lambda: access_of(post_token_form(http, **refresh_form(token, scope=scope))),
        lambda access: access == {},
        within=1,
        what="a token without the grant",
    )

    path = f"/docker-users/{tenant.granted.username}/password"
    tenant.account.call("PUT", path, json={"password": "another-password"})
    eventually(
        lambda: post_token_form(http, **refresh_form(token)).status_code,
        lambda status: status == 401,
        within=1,
        what="the end of the refresh token",
    )


def test_disabled_user_is_refused_by_password_and_by_refresh_token(
    http: httpx.Client, tenant: Tenant
) -> None:
    token: str = post_token_form(http, **password_form(tenant, access_type="offline")).json()[
        "refresh_token"
    ]
    tenant.account.call(
        "PATCH", f"/docker-users/{tenant.granted.username}", json={"disabled": True}
    )
    for form in (password_form(tenant), refresh_form(token)):
        eventually(
            lambda form=form: post_token_form(http, **form).status_code,  # type: ignore[misc]
            lambda status: status == 401,
            within=1,
            what="a refusal",
        )


def test_post_and_get_of_containerd_grant_the_same_access(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    app = f"{shared_tenant.private}/app"
    scope = f"repository:{app}:pull repository:{app}:pull,push"
    posted = post_token_form(
        http, **password_form(shared_tenant, client_id="containerd-client", scope=scope)
    )
    got = request_token(
        http, *scope.split(), auth=(shared_tenant.granted.username, shared_tenant.granted.password)
    )
    assert access_of(posted) == access_of(got) == {app: {"pull", "push"}}


def test_refused_post_has_a_status_after_which_containerd_tries_get(
    http: httpx.Client, shared_tenant: Tenant
) -> None:
    answer = post_token_form(
        http,
        **password_form(shared_tenant, password="wrong-password", client_id="containerd-client"),
    )
    assert answer.status_code in (400, 401, 404, 405)


def test_containerd_pulls_with_a_grant_and_is_denied_without(
    tenant: Tenant, ctr: Ctr, stack: Stack
) -> None:
    granted, other = tenant.granted, tenant.other
    with Registry(stack.url, (granted.username, granted.password)) as registry:
        for tag, content in (("image", make_image()), ("index", make_index())):
            reference = f"{stack.registry}/{tenant.private}/app:{tag}"
            registry.push(content, f"{tenant.private}/app", tag)
            assert not ctr.pull(reference, username=other.username, password=other.password).ok
            ctr.pull(reference, username=granted.username, password=granted.password).checked()
            assert ctr.pulled_digest(reference) == content.manifest.digest
