"""Makes credentials for the unit tests of auth."""

from datetime import UTC, datetime

from services.auth.credentials.domain import Credential, Kind

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def credential(
    kind: Kind = "docker_user", *, id: int = 1, version: int = 1, disabled: bool = False
) -> Credential:
    """Return a credential of the account ``owner``, whose id is 7."""
    return Credential(
        kind=kind,
        id=id,
        username="dev",
        password_hash="a hash",
        disabled=disabled,
        version=version,
        account_id=7,
        account="owner",
        role=None,
        token_login=False,
        created_at=NOW,
    )
