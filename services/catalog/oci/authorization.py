"""Whether the token of a client allows a request, and the challenge if it does not."""

from starlette.requests import Request

from libs.common.registry.error_format import Unauthorized, unauthorized_detail
from libs.common.registry.token_verification import (
    Authorized,
    Challenged,
    RegistryTokenVerifier,
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
            Unauthorized: the client needs another token. The gateway replaces the realm of the
                challenge with its own address.
        """
        try:
            return self._verifier.verify(request.headers.get("authorization"), repository, *actions)
        except Challenged as challenged:
            header = challenge(
                repository,
                actions,
                realm="http://localhost/token",
                service=self._service,
                error=challenged.error,
            )
            raise Unauthorized(
                detail=unauthorized_detail(repository, actions),
                headers={"WWW-Authenticate": header},
            ) from challenged
