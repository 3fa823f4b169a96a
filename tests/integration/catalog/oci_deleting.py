"""Delete through the registry API, as Docker clients do behind the gateway."""

import httpx

from tests.integration.catalog.creating import create_docker_user
from tests.integration.catalog.trashing import Team
from tests.kit.http.tokens import sign_registry_token

SCOPE = "pull,push,delete"


class Robot:
    """A Docker user of `acme`, and requests with tokens that are signed for it."""

    def __init__(self, mine: Team, http: httpx.AsyncClient, name: str) -> None:
        self.mine = mine
        self.name = name
        self._http = http

    async def create(self, permission: str | None) -> None:
        """Create the Docker user, with a grant in the namespace unless ``permission`` is None."""
        created = await create_docker_user(self.mine.http, self.name)
        assert created.status_code == 201, created.text
        if permission is not None:
            await self.grant(permission)

    async def grant(self, permission: str) -> None:
        """Give the Docker user a grant in the namespace."""
        await self.mine.database.execute(
            "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
            " SELECT n.id, u.id, $3 FROM catalog.namespaces n, catalog.docker_users u"
            " WHERE n.name = $1 AND u.username = $2",
            self.mine.name,
            self.name,
            permission,
        )

    async def delete(
        self, path: str, *, actions: str | None = SCOPE, repository: str = "app"
    ) -> httpx.Response:
        """Delete ``path`` below a repository. ``actions`` are those of the token; None: none."""
        name = f"{self.mine.name}/{repository}"
        headers = {}
        if actions is not None:
            scopes = [f"repository:{name}:{actions}"] if actions else []
            token = sign_registry_token(self.mine.registry.key, self.name, *scopes)
            headers = {"Authorization": f"Bearer {token}"}
        return await self._http.delete(f"/v2/{name}/{path}", headers=headers)


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an error in the registry's format."""
    (error,) = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["code"]


def message_of(answer: httpx.Response) -> str:
    """Return the message of an error in the registry's format."""
    message: str = answer.json()["errors"][0]["message"]
    return message
