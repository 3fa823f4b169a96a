"""Waits until `docker login` works, with the requests of a client through the gateway."""

import asyncio
import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ops.errors import OpsError
from ops.settings import RunSettings

_ATTEMPT_SECONDS = 3.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Response:
    """The status and headers of an HTTP response."""

    status: int
    headers: Mapping[str, str]


async def wait_until_ready(
    settings: RunSettings,
    services: Mapping[str, int],
    *,
    token_service: str,
    check_children: Callable[[], None],
    seconds: float = 60.0,
) -> None:
    """Return when every service is ready and the gateway answers a login with a token.

    Args:
        settings: The settings of the run.
        services: The port of each service on 127.0.0.1.
        token_service: The registry's name in tokens.
        check_children: Is called between attempts, and raises if waiting is useless.
        seconds: The longest time to wait.

    Raises:
        OpsError: A part is not ready after that time. The message names it.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        problem = await asyncio.to_thread(_find_problem, settings, services, token_service)
        if problem is None:
            return
        check_children()
        if asyncio.get_running_loop().time() > deadline:
            raise OpsError(f"not ready after {seconds:.0f} s: {problem}")
        await asyncio.sleep(_PAUSE_SECONDS)


def _find_problem(
    settings: RunSettings, services: Mapping[str, int], token_service: str
) -> str | None:
    for name, port in services.items():
        response = _get(
            http.client.HTTPConnection("127.0.0.1", port, timeout=_ATTEMPT_SECONDS),
            "/readyz",
            "localhost",
        )
        if response is None or response.status != 200:
            return f"{name} is not ready ({_describe(response)})"
    challenge = _through_gateway(settings, "/v2/")
    if (
        challenge is None
        or challenge.status != 401
        or not challenge.headers.get("www-authenticate", "").startswith("Bearer ")
    ):
        return f"the registry requests no login at /v2/ ({_describe(challenge)})"
    token = _through_gateway(settings, "/token?" + urlencode({"service": token_service}))
    # Without credentials: a token without permissions, or 401 if anonymous pulls are off.
    if token is None or token.status not in (200, 401):
        return f"a login at /token fails ({_describe(token)})"
    return None


def _through_gateway(settings: RunSettings, path: str) -> Response | None:
    host = urlsplit(settings.url).netloc
    if all(name.startswith("*.") for name in settings.hosts):
        host = (
            settings.hosts[0].replace("*", "www") if settings.hosts else "localhost"
        ) + f":{settings.port}"
    if settings.tls_cert is None:
        return _get(
            http.client.HTTPConnection("127.0.0.1", settings.port, timeout=_ATTEMPT_SECONDS),
            path,
            host,
        )
    # The certificate is for its host names, not for the loopback address of this request.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        "127.0.0.1", settings.port, timeout=_ATTEMPT_SECONDS, context=context
    )
    return _get(connection, path, host)


def _get(connection: http.client.HTTPConnection, path: str, host: str) -> Response | None:
    try:
        connection.request(
            "GET", path, headers={"Host": host, "Connection": "close", "User-Agent": "moorage"}
        )
        received = connection.getresponse()
        received.read()
        return Response(
            received.status, {name.lower(): value for name, value in received.getheaders()}
        )
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _describe(response: Response | None) -> str:
    return "no response" if response is None else f"its status is {response.status}"
