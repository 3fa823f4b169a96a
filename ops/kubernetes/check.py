"""`moorage kubernetes check`: whether an installation answers through its gateway."""

from collections.abc import Callable

import httpx

from ops.errors import OpsError

_SECONDS = 10.0


def check(url: str, host: str | None = None) -> list[str]:
    """Request something of each part through the gateway at `url`, and return what was checked.

    The requests change nothing and need no account.

    Args:
        url: The gateway, without a path.
        host: The host name of the requests, if the gateway does not answer to the one in `url`.

    Raises:
        OpsError: A part does not answer as it should. The message names the request.
    """
    with httpx.Client(
        base_url=url,
        headers={"Host": host} if host else None,
        timeout=_SECONDS,
        trust_env=False,
        # The certificate is for the public host name, not for the name in the cluster.
        verify=False,  # noqa: S501 - no secret is sent
    ) as http:
        return [_check(http, path, what, holds) for path, what, holds in _CHECKS]


def _check(
    http: httpx.Client, path: str, what: str, holds: Callable[[httpx.Response], bool]
) -> str:
    try:
        answer = http.get(path)
    except httpx.HTTPError as error:
        raise OpsError(f"GET {http.base_url}{path.lstrip('/')}: {error}") from None
    if not holds(answer):
        raise OpsError(
            f"GET {http.base_url}{path.lstrip('/')}: {what} does not answer as it should:"
            f" status {answer.status_code}"
        )
    return f"{what}: GET {path}"


def _is_challenge(answer: httpx.Response) -> bool:
    challenge = answer.headers.get("WWW-Authenticate", "")
    return answer.status_code == httpx.codes.UNAUTHORIZED and challenge.startswith("Bearer realm=")


def _is_problem(answer: httpx.Response) -> bool:
    return (
        answer.status_code == httpx.codes.UNAUTHORIZED
        and answer.headers.get("Content-Type") == "application/problem+json"
    )


_CHECKS: tuple[tuple[str, str, Callable[[httpx.Response], bool]], ...] = (
    ("/healthz", "the gateway", lambda answer: answer.text == "ok\n"),
    ("/v2/", "the registry", _is_challenge),
    ("/token?service=moorage", "auth", lambda answer: answer.status_code in (200, 401)),
    ("/.well-known/jwks.json", "auth", lambda answer: bool(answer.json()["keys"])),
    ("/api/v1/account", "the catalog", _is_problem),
    ("/api/v1/pulls", "events", _is_problem),
    ("/", "the console", lambda answer: answer.status_code == httpx.codes.OK),
)
