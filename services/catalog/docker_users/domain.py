"""Docker users: credentials for the registry, which an account owns and gives to others."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.security.principals import Principal
from libs.common.web.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class DockerUser:
    """A credential for the registry.

    If ``token_login`` is true, `docker login` stores a token instead of the password.
    ``last_login_at`` is None if the Docker user never logged in.
    """

    id: int
    account_id: int
    account: str
    username: str
    description: str
    disabled: bool
    token_login: bool
    created_at: datetime
    last_login_at: datetime | None


class DockerUserNotFound(NotFound):
    """No Docker user has this username, or the principal cannot see it."""

    code = "docker_user_not_found"
    title = "The Docker user does not exist, or you do not own it; check the username"

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no Docker user {username!r}.")


class DockerUserTaken(Conflict):
    """Another Docker user has this username."""

    code, title = "docker_user_taken", "The username is taken; choose another one"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"The Docker user {username!r} already exists. Usernames are unique in the whole "
            "registry: choose another one."
        )


@dataclass(frozen=True, slots=True)
class DockerUserOwner:
    """A principal with a Docker user that it can change.

    A member can change the Docker users of its account, an administrator all of them.

    Raises:
        DockerUserNotFound: the principal cannot change it. The error does not reveal its existence.
    """

    principal: Principal
    docker_user: DockerUser

    def __post_init__(self) -> None:
        if not self.principal.owns(self.docker_user.account_id):
            raise DockerUserNotFound(self.docker_user.username)
