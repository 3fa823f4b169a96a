"""Signed-in accounts that call the JSON API to create and list objects."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

TIMEOUT_SECONDS = 15.0


def unique(prefix: str) -> str:
    """Return an unused name that is valid for accounts, Docker users, and namespaces."""
    return f"{prefix}-{secrets.token_hex(4)}"


def new_password() -> str:
    """Return a random password."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class DockerUser:
    """A credential for `docker login`, and the account that owns it."""

    username: str
    password: str
    account: str

    @property
    def credentials(self) -> tuple[str, str]:
        """The user name and password, for HTTP Basic."""
        return self.username, self.password


class RefusedByApi(AssertionError):
    """The API refused a request that must succeed.

    The message has the request line and the problem document, and no secret.
    """


class Account:
    """A signed-in account. Use it in a `with` statement.

    It signs in with the first request, and again when its access token expires.

    Args:
        url: the URL of the gateway, without a path.
        username: the name of the account.
        password: its password.
        verify: the TLS context for an https URL.
    """

    def __init__(
        self, url: str, username: str, password: str, *, verify: ssl.SSLContext | bool = True
    ) -> None:
        self.url = url
        self._verify = verify
        self.username = username
        self.password = password
        self.http = httpx.Client(
            base_url=f"{url}/api/v1",
            auth=_SignIn(url, username, password),
            timeout=TIMEOUT_SECONDS,
            verify=verify,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return the decoded body, or None if it is empty.

        Raises:
            RefusedByApi: the status is not 2xx.
        """
        answer = self.http.request(method, path, **arguments)
        if not answer.is_success:
            raise RefusedByApi(
                f"{method} {path} as {self.username}: {answer.status_code} {answer.text}"
            )
        return answer.json() if answer.content else None

    def make_account(self, *, password: str | None = None) -> Account:
        """Create an account, as an administrator. The caller closes it."""
        made = Account(self.url, unique("account"), password or new_password(), verify=self._verify)
        self.call("POST", "/accounts", json={"username": made.username, "password": made.password})
        return made

    def make_docker_user(
        self, *, password: str | None = None, token_login: bool | None = None
    ) -> DockerUser:
        """Create a Docker user with a unique name."""
        user = DockerUser(unique("user"), password or new_password(), self.username)
        body: dict[str, Any] = {"username": user.username, "password": user.password}
        if token_login is not None:
            body["token_login"] = token_login
        self.call("POST", "/docker-users", json=body)
        return user

    def make_namespace(self, visibility: str = "private") -> str:
        """Create a namespace and return its unique name."""
        name = unique("space")
        self.call("POST", "/namespaces", json={"name": name, "visibility": visibility})
        return name

    def grant(self, namespace: str, user: DockerUser, permission: str) -> None:
        """Grant ``permission`` ("pull", "push", or "delete") to a Docker user."""
        body = {"permission": permission}
        if user.account != self.username:
            body["account"] = user.account
        self.call("PUT", f"/namespaces/{namespace}/grants/{user.username}", json=body)

    def revoke(self, namespace: str, user: DockerUser) -> None:
        """Delete the grant of a Docker user."""
        self.call("DELETE", f"/namespaces/{namespace}/grants/{user.username}")

    def repositories(self, **query: str) -> dict[str, dict[str, Any]]:
        """Return the first page of the account's repositories, by path (`namespace/name`)."""
        items = self.call("GET", "/repositories", params=query)["items"]
        return {f"{item['namespace']}/{item['name']}": item for item in items}

    def repository(self, name: str) -> dict[str, Any] | None:
        """Return one item of the list of repositories, or None if the list does not have it."""
        namespace, _, _ = name.partition("/")
        return self.repositories(namespace=namespace).get(name)

    def tags(self, repository: str) -> dict[str, dict[str, Any]]:
        """Return the first page of a repository's tags by name: empty if it does not exist."""
        answer = self.http.get(f"/images/{repository}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        return {item["tag"]: item for item in answer.raise_for_status().json()["items"]}


class _SignIn(httpx.Auth):
    """Signs in if there is no access token or if the API refused it."""

    requires_response_body = True

    def __init__(self, url: str, username: str, password: str) -> None:
        self._sessions = f"{url}/api/v1/sessions"
        self._credentials = {"username": username, "password": password}
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
        signed_in = yield httpx.Request("POST", self._sessions, json=self._credentials)
        if signed_in.status_code != httpx.codes.CREATED:
            name = self._credentials["username"]
            raise RefusedByApi(f"signing in as {name}: {signed_in.status_code} {signed_in.text}")
        self._token = signed_in.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
