"""Docker users."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.web.errors import Conflict


@dataclass(frozen=True, slots=True)
class DockerUser:
    """A credential for the registry. ``token_login``: `docker login` keeps a token instead of the password."""

    id: int
    account_id: int
    account: str
    username: str
    description: str
    disabled: bool
    token_login: bool
    created_at: datetime
    last_login_at: datetime | None


class DockerUserTaken(Conflict):
    code, title = "docker_user_taken", "There is a Docker user of that name"
