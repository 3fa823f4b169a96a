"""When is it ready? When `docker login` would work: asked the way a client asks, through the gateway."""

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
class Answer:
    """An HTTP answer's status and headers."""

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
    """Return when all three `services` (name → port) are ready and the gateway leads a login to a token.

    `check_children` is called between tries and raises when it is hopeless. Raises OpsError naming what is not ready.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        missing = await asyncio.to_thread(_not_ready, settings, services, token_service)
        if missing is None:
            return
        check_children()
        if asyncio.get_running_loop().time() > deadline:
            raise OpsError(f"not ready after {seconds:.0f} s: {missing}")
        await asyncio.sleep(_PAUSE_SECONDS)


def _not_ready(
    settings: RunSettings, services: Mapping[str, int], token_service: str
) -> str | None:
    for name, port in services.items():
        answer = _get(
            http.client.HTTPConnection("127.0.0.1", port, timeout=_ATTEMPT_SECONDS),
            "/readyz",
            "localhost",
        )
        if answer is None or answer.status != 200:
            return f"{name} is not ready ({_said(answer)})"
    challenge = _through_gateway(settings, "/v2/")
    if (
        challenge is None
        or challenge.status != 401
        or not challenge.headers.get("www-authenticate", "").startswith("Bearer ")
    ):
        return f"the registry asks for no login at /v2/ ({_said(challenge)})"
    token = _through_gateway(settings, "/token?" + urlencode({"service": token_service}))
    # Without credentials that is a token for nothing, or a refusal where anonymous callers get none.
    if token is None or token.status not in (200, 401):
        return f"no answer to a login at /token ({_said(token)})"
    return None


def _through_gateway(settings: RunSettings, path: str) -> Answer | None:
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
    # The certificate is for its names, not for the loopback address that is asked here.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        "127.0.0.1", settings.port, timeout=_ATTEMPT_SECONDS, context=context
    )
    return _get(connection, path, host)


def _get(connection: http.client.HTTPConnection, path: str, host: str) -> Answer | None:
    try:
        connection.request(
            "GET", path, headers={"Host": host, "Connection": "close", "User-Agent": "moorage"}
        )
        response = connection.getresponse()
        response.read()
        return Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}
        )
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _said(answer: Answer | None) -> str:
    return "no answer" if answer is None else f"it answers {answer.status}"
