"""Calls the JSON API as a person's script would: sign in, make accounts, Docker users, namespaces and grants, look at lists."""

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
    """A name that no other test of the run uses; valid for accounts, Docker users and namespaces."""
    return f"{prefix}-{secrets.token_hex(4)}"


def new_password() -> str:
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
    """A call that had to succeed did not; the message holds the call and the problem document, never a secret."""


class Account:
    """A signed-in account. Use it in a `with` statement; it signs in on the first call and again when its token ends.

    Args:
        url: of the gateway, without a path.
        verify: how an https url is verified.
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
        """Sends a request that must succeed and returns its decoded body, None when there is none.

        Raises:
            RefusedByApi: any status but 2xx.
        """
        answer = self.http.request(method, path, **arguments)
        if not answer.is_success:
            raise RefusedByApi(
                f"{method} {path} as {self.username}: {answer.status_code} {answer.text}"
            )
        return answer.json() if answer.content else None

    def make_account(self, *, password: str | None = None) -> Account:
        """Makes an account (as an admin); the caller closes it."""
        made = Account(self.url, unique("account"), password or new_password(), verify=self._verify)
        self.call("POST", "/accounts", json={"username": made.username, "password": made.password})
        return made

    def make_docker_user(
        self, *, password: str | None = None, token_login: bool | None = None
    ) -> DockerUser:
        user = DockerUser(unique("user"), password or new_password(), self.username)
        body: dict[str, Any] = {"username": user.username, "password": user.password}
        if token_login is not None:
            body["token_login"] = token_login
        self.call("POST", "/docker-users", json=body)
        return user

    def make_namespace(self, visibility: str = "private") -> str:
        name = unique("space")
        self.call("POST", "/namespaces", json={"name": name, "visibility": visibility})
        return name

    def grant(self, namespace: str, user: DockerUser, permission: str) -> None:
        body = {"permission": permission}
        if user.account != self.username:
            body["account"] = user.account
        self.call("PUT", f"/namespaces/{namespace}/grants/{user.username}", json=body)

    def revoke(self, namespace: str, user: DockerUser) -> None:
        self.call("DELETE", f"/namespaces/{namespace}/grants/{user.username}")

    def repositories(self, **query: str) -> dict[str, dict[str, Any]]:
        """The first page of the account's repositories by name (`namespace/name`)."""
        items = self.call("GET", "/repositories", params=query)["items"]
        return {f"{item['namespace']}/{item['name']}": item for item in items}

    def repository(self, name: str) -> dict[str, Any] | None:
        """One entry of the list, None when the list does not show it."""
        namespace, _, _ = name.partition("/")
        return self.repositories(namespace=namespace).get(name)

    def tags(self, repository: str) -> dict[str, dict[str, Any]]:
        """The first page of a repository's tags by name; nothing for one that does not exist yet."""
        answer = self.http.get(f"/images/{repository}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        return {item["tag"]: item for item in answer.raise_for_status().json()["items"]}


class _SignIn(httpx.Auth):
    """Gets an access token when there is none or the last one was refused."""

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
            raise RefusedByApi(
                f"signing in as {self._credentials['username']}: {signed_in.status_code} {signed_in.text}"
            )
        self._token = signed_in.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
