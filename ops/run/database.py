"""The database of a run: starts or checks it, and migrates it."""

import asyncio

from ops.db import postgres
from ops.db.roles import Role, check_owner, ensure_owner
from ops.errors import OpsError, SettingError
from ops.host.command import moorage_command
from ops.run.programs import Installation, postgres_program, service_environment
from ops.run.supervisor import MOST_SHORT_RUNS, Child, Supervisor, last_line, open_log
from ops.secrets.store import new_password, password_in

OWNER = "moorage"
DATABASE = "moorage"
_START_SECONDS = 120
"""Recovery after a crash of the machine can take this long."""


async def start_database(installation: Installation, supervisor: Supervisor) -> str:
    """Check the database of DATABASE_URL, or start the embedded one.

    Returns:
        Its URL, as the role that owns the schemas.

    Raises:
        OpsError: The database cannot be used.
    """
    given = installation.settings.database_url
    if given is not None:
        try:
            await check_owner(given.get_secret_value())
        except OpsError as error:
            raise SettingError("DATABASE_URL", str(error)) from None
        return given.get_secret_value()
    layout, port = installation.layout, installation.ports["postgres"].number
    postgres.initialise(layout.postgres, layout.superuser_password, installation.user)
    child = supervisor.start(postgres_program(installation))
    await _wait_until_ready(installation, supervisor, child)
    password = layout.superuser_password.read_text()
    superuser = postgres.url(
        user=postgres.SUPERUSER, password=password, port=port, database="postgres"
    )
    owner = Role(OWNER, password_in(layout.owner_url) or new_password(), may_create_roles=True)
    await ensure_owner(superuser, owner, DATABASE)
    return postgres.url(user=OWNER, password=owner.password, port=port, database=DATABASE)


async def _wait_until_ready(
    installation: Installation, supervisor: Supervisor, child: Child
) -> None:
    cluster = installation.layout.postgres
    try:
        async with asyncio.timeout(_START_SECONDS):
            while child.pid is None or not postgres.is_ready(cluster, child.pid):
                supervisor.check_starting(most_runs=MOST_SHORT_RUNS)
                await asyncio.sleep(0.02)
    except TimeoutError:
        log = child.program.log
        raise OpsError(
            f"PostgreSQL was not ready after {_START_SECONDS} s: {last_line(log)} (more in {log})"
        ) from None


async def migrate(installation: Installation) -> None:
    """Run `moorage migrate` as the children's user.

    As a separate process, its code does not stay in the memory of the supervisor.

    Raises:
        OpsError: The migration failed.
    """
    given = installation.settings.admin_password
    environment = service_environment(installation, "owner") | {
        "MOORAGE_DATA": str(installation.layout.root)
    }
    if given is not None:
        environment["MOORAGE_ADMIN_PASSWORD"] = given.get_secret_value()
    log = installation.log("migrate")
    with open_log(log, installation.user) as stream:
        process = await asyncio.create_subprocess_exec(
            *installation.user.command(moorage_command("migrate", "--first-admin")),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd="/",
            start_new_session=True,
        )
    try:
        status = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise
    if status != 0:
        reason = last_line(log).removeprefix("moorage: ")
        raise OpsError(f"the database was not migrated: {reason} (more in {log})")
