"""`moorage run`: prepare, start everything, say when it is ready, keep it alive, and stop it in an order that loses nothing."""

import asyncio
import contextlib
import importlib
import os
import signal
import sys
from contextlib import ExitStack

import typer

from libs.common.settings import SettingsError
from ops.db import postgres
from ops.db.roles import Role, check_owner, ensure_owner
from ops.errors import OpsError, SettingError
from ops.host.command import moorage_command
from ops.host.files import private_dir
from ops.host.lock import check_port, only_run
from ops.host.ports import reserve
from ops.host.privileges import run_user
from ops.install.console_build import ConsoleBuild
from ops.install.debian import find_nginx, find_registry
from ops.layout import SERVICES, Layout
from ops.run.drain import drain
from ops.run.programs import (
    PARTS,
    Installation,
    fresh_run_folder,
    gateway_program,
    gc_program,
    postgres_program,
    registry_program,
    service_environment,
    service_program,
)
from ops.run.ready import wait_until_ready
from ops.run.supervisor import (
    Child,
    Supervisor,
    last_line,
    open_log,
    rotate_logs,
)
from ops.secrets.store import (
    Owners,
    ensure_database_urls,
    ensure_secrets,
    new_password,
    password_in,
)
from ops.settings import RunSettings

OWNER = "moorage"
DATABASE = "moorage"
# Ends before it is ready that are more than bad luck.
_MOST_EARLY_ENDS = 5
# Recovery after a crash of the machine may take its time.
_POSTGRES_SECONDS = 120
# A login works already. A console that takes longer, over a slow network, comes later.
_CONSOLE_SECONDS = 60


def run(settings: RunSettings) -> None:
    """Run everything until SIGINT or SIGTERM; raises OpsError with one line when it cannot."""
    layout = Layout(settings.data)
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            "MOORAGE_DATA", f"{layout.root} cannot be made: {error.strerror}"
        ) from None
    with ExitStack() as stack:
        stack.enter_context(only_run(layout))
        # Until the loop has its own handlers, to be ended is to be interrupted: half-made folders are removed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            build = stack.enter_context(ConsoleBuild())
            installation = _prepare(settings, layout, build, stack)
        except KeyboardInterrupt:
            sys.exit(130)
        asyncio.run(_Run(installation, build).main())


def report(line: str) -> None:
    """Tell the user; a terminal that is gone is no reason to stop."""
    with contextlib.suppress(OSError):
        typer.echo(f"moorage: {line}")
        sys.stdout.flush()


def _prepare(
    settings: RunSettings, layout: Layout, build: ConsoleBuild, stack: ExitStack
) -> Installation:
    """Do all that needs no running program, and let the console be built meanwhile."""
    ipv6 = check_port(settings.port)
    if build.start():
        report("building the console")
    tools = settings.tools or layout.tools
    nginx, registry = find_nginx(tools), find_registry(tools, settings.registry_bin)
    user = run_user([layout.root, nginx.path, registry.path], data=layout.root)
    private_dir(layout.root, user)
    fresh_run_folder(layout, user)
    private_dir(layout.logs, user)
    ensure_secrets(layout, Owners.all(user))
    # Kept for as long as we run, so that a second copy chooses others, even while a child of ours is being restarted.
    ports = {part: stack.enter_context(reserve(avoid=settings.port)) for part in PARTS}
    return Installation(settings, layout, user, nginx, registry, ports, ipv6)


class _Run:
    """One run, from the first program to the last."""

    def __init__(self, installation: Installation, build: ConsoleBuild) -> None:
        self.installation = installation
        self.build = build
        self.layout = installation.layout
        self.keeper = Supervisor(installation.user, self._report_child)
        self.told_to_stop = asyncio.Event()
        self.in_a_hurry = asyncio.Event()
        self.console: list[asyncio.Task[None]] = []

    async def main(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if (
                number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
            ):  # nohup's wish is respected
                loop.add_signal_handler(number, self._on_signal)
        rotation = asyncio.create_task(rotate_logs(self.layout.logs, self.installation.user))
        running = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self.told_to_stop.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
                await stopping
                report("stopping")
        finally:
            self.build.end()
            tasks = [running, rotation, stopping, *self.console]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop()
        report("stopped")

    def _on_signal(self) -> None:
        if self.told_to_stop.is_set():
            self.in_a_hurry.set()
        self.told_to_stop.set()

    def _report_child(self, line: str) -> None:
        if not self.told_to_stop.is_set():
            report(line)

    async def _start(self) -> None:
        owner_url = await self._database()
        ensure_database_urls(self.layout, owner_url, Owners.all(self.installation.user))
        for service in SERVICES:
            _check_service_settings(service, service_environment(self.installation, service))
        # Both write their configuration, and nginx tries its own, before anything is migrated.
        registry, gateway = registry_program(self.installation), gateway_program(self.installation)
        self.console.append(asyncio.create_task(self._console()))
        await self._migrate()
        for program in (
            registry,
            *(service_program(self.installation, name) for name in SERVICES),
            gateway,
        ):
            self.keeper.start(program)
        await wait_until_ready(
            self.installation.settings,
            {service: self.installation.ports[service].number for service in SERVICES},
            token_service=self.installation.token_service,
            check_children=lambda: self.keeper.check_starting(most_runs=_MOST_EARLY_ENDS),
        )
        if self.installation.settings.gc_schedule_hours:
            self.keeper.start(gc_program(self.installation))
        _, late = await asyncio.wait(self.console, timeout=_CONSOLE_SECONDS)
        if late:
            report("the console is still being built; its page turns into it by itself")
        report(f"ready {self.installation.settings.url}")

    async def _console(self) -> None:
        problem = await self.build.deliver(self.layout, self.installation.user)
        if problem is not None:
            report(problem)

    async def _database(self) -> str:
        """Return the owner's URL of a database that is there and usable."""
        given = self.installation.settings.database_url
        if given is not None:
            try:
                await check_owner(given.get_secret_value())
            except OpsError as error:
                raise SettingError("DATABASE_URL", str(error)) from None
            return given.get_secret_value()
        user, port = self.installation.user, self.installation.ports["postgres"].number
        postgres.initialise(self.layout.postgres, self.layout.superuser_password, user)
        child = self.keeper.start(postgres_program(self.installation))
        await self._until_postgres_is_ready(child)
        password = self.layout.superuser_password.read_text()
        superuser = postgres.url(
            user=postgres.SUPERUSER, password=password, port=port, database="postgres"
        )
        owner = Role(
            OWNER, password_in(self.layout.owner_url) or new_password(), may_create_roles=True
        )
        await ensure_owner(superuser, owner, DATABASE)
        return postgres.url(user=OWNER, password=owner.password, port=port, database=DATABASE)

    async def _until_postgres_is_ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(_POSTGRES_SECONDS):
                while child.pid is None or not postgres.is_ready(self.layout.postgres, child.pid):
                    self.keeper.check_starting(most_runs=_MOST_EARLY_ENDS)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log = child.program.log
            raise OpsError(
                f"PostgreSQL was not ready after {_POSTGRES_SECONDS} s: {last_line(log)} (more in {log})"
            ) from None

    async def _migrate(self) -> None:
        """Run `moorage migrate` as the children's user, in a process of its own: what it needs, the keeper need not hold."""
        given = self.installation.settings.admin_password
        environment = service_environment(self.installation, "owner") | {
            "MOORAGE_DATA": str(self.layout.root)
        }
        if given is not None:
            environment["MOORAGE_ADMIN_PASSWORD"] = given.get_secret_value()
        log = self.installation.log("migrate")
        with open_log(log, self.installation.user) as stream:
            process = await asyncio.create_subprocess_exec(
                *self.installation.user.command(moorage_command("migrate", "--first-admin")),
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
            raise OpsError(
                f"the database was not migrated: {last_line(log).removeprefix('moorage: ')} (more in {log})"
            )

    async def _stop(self) -> None:
        """First no collection of garbage and no new requests, then the registry's queue of events, then the rest, PostgreSQL last."""
        orderly = asyncio.create_task(self._stop_in_order())
        hurry = asyncio.create_task(self.in_a_hurry.wait())
        await asyncio.wait({orderly, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not orderly.done():
            self.keeper.kill()
        hurry.cancel()
        await orderly

    async def _stop_in_order(self) -> None:
        await self.keeper.stop("gc")
        await self.keeper.stop("gateway")
        if {"registry", "events"} <= self.keeper.children.keys():
            await drain(self.layout.owner_url.read_text())
        await self.keeper.stop("registry")
        await self.keeper.stop(*SERVICES)
        await self.keeper.stop("postgres")


def _check_service_settings(service: str, environment: dict[str, str]) -> None:
    """Let the service's own code check the settings that it will get; raises SettingError with its line."""
    module = importlib.import_module(f"services.{service}.settings")
    ours = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        module.load_settings()
    except SettingsError as error:
        name, _, problem = str(error).partition(": ")
        raise SettingError(name, problem) from None
    finally:
        os.environ.clear()
        os.environ.update(ours)
