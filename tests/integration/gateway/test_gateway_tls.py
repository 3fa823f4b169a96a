"""HTTPS with the operator's own certificate."""

from __future__ import annotations

import socket
import ssl
import warnings
from pathlib import Path

import httpx
import pytest

from ops.host.privileges import RunUser
from tests.integration.gateway.conftest import Start
from tests.integration.gateway.test_gateway_realm import challenge
from tests.kit.clients.certificates import ServerCertificate, make_certificate
from tests.kit.servers.gateway import Gateway


@pytest.fixture(scope="module")
def certificate(folder: Path, user: RunUser) -> ServerCertificate:
    made = make_certificate(folder, names=["hub.example"], addresses=["127.0.0.1"])
    user.own(made.key)
    return made


@pytest.fixture(scope="module")
def secure(start: Start, certificate: ServerCertificate) -> Gateway:
    return start("secure", tls_cert=str(certificate.certificate), tls_key=str(certificate.key))


def trusting(certificate: ServerCertificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate.ca))


def test_realm_is_https_over_https(secure: Gateway, certificate: ServerCertificate) -> None:
    with secure.client(verify=trusting(certificate)) as http:
        assert challenge(http.get("/v2/"))["realm"] == f"https://127.0.0.1:{secure.port}/token"
        assert (
            challenge(http.get("/v2/", headers={"Host": "hub.example"}))["realm"]
            == "https://hub.example/token"
        )
        assert dict(http.get("/api/v1/account").json()["headers"])["x-forwarded-proto"] == "https"


def test_http2_is_offered(secure: Gateway, certificate: ServerCertificate) -> None:
    context = trusting(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", secure.port)) as plain,
        context.wrap_socket(plain, server_hostname="hub.example") as tls,
    ):
        assert tls.selected_alpn_protocol() == "h2"
        assert tls.version() == "TLSv1.3"


def test_tls_before_1_2_is_refused(secure: Gateway, certificate: ServerCertificate) -> None:
    context = trusting(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are deprecated
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", secure.port)) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain, server_hostname="hub.example")


def test_plain_http_on_the_https_port_gets_400(secure: Gateway) -> None:
    answer = httpx.get(f"http://127.0.0.1:{secure.port}/v2/", trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
