"""The Secrets of a namespace, through the API of Kubernetes."""

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from ops.errors import OpsError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes mounts the token of a pod's ServiceAccount."""
_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """The address of the API and the identity of this pod.

    Args:
        url: https://host:port.
        namespace: The namespace of the pod.
        token: The token of the pod's ServiceAccount.
        ca_file: The CA of the API.
    """

    url: str
    namespace: str
    token: str
    ca_file: Path

    @classmethod
    def of_this_pod(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the cluster that this process runs in.

        Raises:
            OpsError: The process does not run in a pod, or its pod mounts no ServiceAccount.
        """
        environment = os.environ if environment is None else environment
        host = environment.get("KUBERNETES_SERVICE_HOST")
        port = environment.get("KUBERNETES_SERVICE_PORT", "443")
        token = SERVICE_ACCOUNT / "token"
        if not host or not token.is_file():
            raise OpsError("this command works only in a pod that mounts its ServiceAccount")
        return cls(
            url=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            namespace=(SERVICE_ACCOUNT / "namespace").read_text().strip(),
            token=token.read_text().strip(),
            ca_file=SERVICE_ACCOUNT / "ca.crt",
        )


class Secrets:
    """Reads, creates, and changes Secrets.

    Raises:
        OpsError: Each method, if the API cannot be reached or refuses the request.
    """

    def __init__(self, cluster: Cluster, transport: httpx.BaseTransport | None = None) -> None:
        self._folder = f"/api/v1/namespaces/{cluster.namespace}/secrets"
        self._http = httpx.Client(
            base_url=cluster.url,
            headers={"Authorization": f"Bearer {cluster.token}"},
            transport=transport or httpx.HTTPTransport(verify=_trust(cluster.ca_file), retries=3),
            timeout=_SECONDS,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Keep the connection open for the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._http.close()

    def find(self, name: str) -> dict[str, bytes] | None:
        """Return the data of a Secret, or None if there is none of that name."""
        answer = self._request("GET", f"{self._folder}/{name}", accepted={404})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        data: dict[str, str] = answer.json().get("data") or {}
        return {key: base64.b64decode(value) for key, value in data.items()}

    def create(self, name: str, data: Mapping[str, bytes], labels: Mapping[str, str]) -> bool:
        """Create a Secret, and return whether it did: False if there is one of that name."""
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": dict(labels)},
            "type": "Opaque",
            "data": _encoded(data),
        }
        answer = self._request("POST", self._folder, body, accepted={409})
        return answer.status_code != httpx.codes.CONFLICT

    def change(self, name: str, data: Mapping[str, bytes]) -> None:
        """Add or replace keys of a Secret."""
        self._request("PATCH", f"{self._folder}/{name}", {"data": _encoded(data)})

    def _request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        accepted: frozenset[int] | set[int] = frozenset(),
    ) -> httpx.Response:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            answer = self._http.request(
                method, path, json=body, headers={"Content-Type": kind} if body else None
            )
        except httpx.HTTPError as error:
            raise OpsError(f"the API of Kubernetes cannot be reached: {error}") from None
        if answer.is_error and answer.status_code not in accepted:
            raise OpsError(f"Kubernetes refuses {method} {path}: {_reason(answer)}")
        return answer


def _encoded(data: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in sorted(data.items())}


def _trust(ca_file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file))


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
