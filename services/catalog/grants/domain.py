"""Grants."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Permission = Literal["pull", "push"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a Docker user may do in a namespace; ``account`` owns the Docker user. `push` includes `pull`."""

    namespace: str
    docker_user: str
    account: str
    permission: Permission
    created_at: datetime
    updated_at: datetime
