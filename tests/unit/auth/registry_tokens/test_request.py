"""Token requests are parsed from a query or a form."""

import base64
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.web.errors import BadRequest
from services.auth.passwords.domain import LoginRefused
from services.auth.registry_tokens.request import (
    FORM,
    PasswordProof,
    RefreshProof,
    parse_basic,
    parse_fields,
    parse_form,
    parse_query,
)


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_query_without_credentials_is_anonymous() -> None:
    request = parse_query(b"service=moorage", None, service="moorage")
    assert (request.proof, request.scopes, request.is_form) == (None, (), False)


def test_cached_query_keeps_no_credentials() -> None:
    query = b"service=moorage&scope=repository:team/app:pull&offline_token=true"
    for username in ("first", "second"):
        request = parse_query(query, basic(f"{username}:secret"), service="moorage")
        assert request.proof == PasswordProof(username, "secret")
        assert request.wants_refresh_token
    assert parse_query(query, None, service="moorage").proof is None


def test_query_for_another_service_is_rejected() -> None:
    with pytest.raises(BadRequest):
        parse_query(b"service=other", None, service="moorage")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Bearer abc", basic(":x"), basic("x:")]
)
def test_malformed_credentials_are_refused(header: str) -> None:
    with pytest.raises(LoginRefused):
        parse_basic(header)


def test_password_may_contain_colons() -> None:
    assert parse_basic(basic("dev:a:b")) == PasswordProof("dev", "a:b")


def test_form_carries_a_password_or_a_refresh_token() -> None:
    password = b"service=moorage&grant_type=password&username=dev&password=secret"
    assert parse_form(password, FORM, service="moorage").proof == PasswordProof("dev", "secret")
    token = b"service=moorage&grant_type=refresh_token&refresh_token=mrt_x&access_type=offline"
    request = parse_form(token, f"{FORM}; charset=utf-8", service="moorage")
    assert request.proof == RefreshProof("mrt_x")
    assert request.wants_refresh_token


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=20))
def test_fields_are_decoded_as_they_were_encoded(pairs: list[tuple[str, str]]) -> None:
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    assert parse_fields(urlencode(pairs).encode(), max_fields=20) == expected


@pytest.mark.parametrize(
    ("encoded", "value"),
    [(b"%zz%4", "%zz%4"), (b"%C3%A9%ff", "é\ufffd"), (b"a+b%2B", "a b+"), (b"\xc3\xa9=", "é=")],
)
def test_malformed_encoding_is_kept(encoded: bytes, value: str) -> None:
    assert parse_fields(b"&&a=" + encoded, max_fields=3) == {"a": [value]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"service=other&grant_type=password&username=dev&password=x",
        b"service=moorage",
        b"service=moorage&grant_type=password&username=dev",
        b"service=moorage&grant_type=refresh_token",
    ],
)
def test_incomplete_form_is_rejected(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_form(body, FORM, service="moorage")


def test_body_of_another_type_is_rejected() -> None:
    with pytest.raises(BadRequest):
        parse_form(b"{}", "application/json", service="moorage")
