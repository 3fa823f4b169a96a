"""Whether the token of a client allows a request, and the challenge if it does not."""

from starlette.requests import Request

from libs.common.registry.error_format import Unauthorized, unauthorized_detail
from libs.common.registry.token_verification import (
    Authorized,
    Challenged,
    ChallengeError,
    RegistryTokenVerifier,
    ResourceKind,
    challenge,
)


class Authorization:
    """Verifies the tokens of clients for the registry ``service`` as Distribution does."""

    def __init__(self, verifier: RegistryTokenVerifier, *, service: str) -> None:
        self._verifier = verifier
        self._service = service

    def check(self, request: Request, repository: str, *actions: str) -> Authorized:
        """Return whom the request's token authorizes for ``actions`` on ``repository``.

        Raises:
            Unauthorized: the client needs another token.
        """
        try:
            return self.verify(request, repository, *actions)
        except Challenged as challenged:
            raise self.challenge(repository, *actions, error=challenged.error) from challenged

    def check_catalog(self, request: Request) -> str:
        """Return the subject of a token that may list repositories; "" is an anonymous client.

        The challenge requests ``*``, as Distribution's does. The token grants ``list``, which
        Distribution does not honor, so it opens nothing at the registry.

        Raises:
            Unauthorized: as in ``check``.
        """
        try:
            return self._verifier.verify(
                request.headers.get("authorization"), "catalog", "list", kind="registry"
            ).subject
        except Challenged as challenged:
            raise self.challenge(
                "catalog", "*", kind="registry", error=challenged.error
            ) from challenged

    def verify(self, request: Request, repository: str, *actions: str) -> Authorized:
        """Return the same, but raise Challenged if the client needs another token."""
        return self._verifier.verify(request.headers.get("authorization"), repository, *actions)

    def challenge(
        self,
        name: str,
        *actions: str,
        error: ChallengeError | None,
        kind: ResourceKind = "repository",
        message: str | None = None,
    ) -> Unauthorized:
        """Return the error that asks a client for a token for ``actions`` on the resource ``name``.

        The gateway replaces the realm of the challenge with its own address.
        """
        header = challenge(
            name,
            actions,
            kind=kind,
            realm="http://localhost/token",
            service=self._service,
            error=error,
        )
        return Unauthorized(
            message,
            detail=unauthorized_detail(name, actions, kind=kind),
            headers={"WWW-Authenticate": header},
        )
