"""`moorage run`: prepares and starts everything, keeps it running, and stops it.

It stops the programs in an order that loses no event.
"""

import asyncio
import contextlib
import importlib
import os
import signal
import sys
from contextlib import ExitStack

import typer

from libs.common.settings import SettingsError
from libs.common.storage.settings import StorageSettings
from ops.errors import SettingError
from ops.host.files import private_dir
from ops.host.lock import check_port, only_run
from ops.host.ports import reserve
from ops.host.privileges import run_user
from ops.install.console_build import ConsoleBuild
from ops.install.debian import find_nginx, find_registry
from ops.layout import SERVICES, Layout
from ops.run.contradictions import check_name_reservation, check_set_by_run
from ops.run.database import migrate, start_database
from ops.run.drain import drain
from ops.run.programs import (
    PARTS,
    Installation,
    gateway_program,
    registry_program,
    reset_run_folder,
    service_environment,
    service_program,
)
from ops.run.ready import wait_until_ready
from ops.run.supervisor import MOST_SHORT_RUNS, Supervisor, rotate_logs
from ops.run.targets import write_targets
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from ops.settings import RunSettings
from ops.storage import installation_storage

_CONSOLE_SECONDS = 60
"""`ready` waits at most this long for the console, because a login works without it."""


def run(settings: RunSettings) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises:
        OpsError: A setting is wrong, or a part cannot run.
    """
    check_set_by_run(os.environ)
    storage = installation_storage(settings)
    layout = Layout(settings.data)
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            "MOORAGE_DATA", f"{layout.root} cannot be created: {error.strerror}"
        ) from None
    with ExitStack() as stack:
        stack.enter_context(only_run(layout))
        # Until the loop has its handlers, SIGTERM raises KeyboardInterrupt, so that incomplete
        # folders are removed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            build = stack.enter_context(ConsoleBuild())
            installation = _prepare(settings, storage, layout, build, stack)
        except KeyboardInterrupt:
            sys.exit(130)
        asyncio.run(_Run(installation, build).main())


def report(line: str) -> None:
    """Print a line for the user. If the terminal is gone, go on."""
    with contextlib.suppress(OSError):
        typer.echo(f"moorage: {line}")
        sys.stdout.flush()


def _prepare(
    settings: RunSettings,
    storage: StorageSettings,
    layout: Layout,
    build: ConsoleBuild,
    stack: ExitStack,
) -> Installation:
    """Do the work that needs no running program, while the console is built."""
    ipv6 = check_port(settings.port)
    if build.start():
        report("building the console")
    tools = settings.tools or layout.tools
    nginx, registry = find_nginx(tools), find_registry(tools, settings.registry_bin)
    user = run_user([layout.root, nginx.path, registry.path], data=layout.root)
    private_dir(layout.root, user)
    reset_run_folder(layout, user)
    private_dir(layout.logs, user)
    private_dir(layout.registry, user)
    ensure_secrets(layout, Owners.all(user))
    # Reserve the ports until this process ends, so that no other installation can take the port of
    # a child while that child restarts.
    ports = {part: stack.enter_context(reserve(avoid=settings.port)) for part in PARTS}
    return Installation(settings, storage, layout, user, nginx, registry, ports, ipv6)


class _Run:
    """One run, from the start of its first program to the end of its last."""

    def __init__(self, installation: Installation, build: ConsoleBuild) -> None:
        self.installation = installation
        self.build = build
        self.layout = installation.layout
        self.supervisor = Supervisor(installation.user, self._report_child)
        self.stop_requested = asyncio.Event()
        self.fast_stop_requested = asyncio.Event()
        self.console_tasks: list[asyncio.Task[None]] = []

    async def main(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # If nohup started the process, SIGHUP stays ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._on_signal)
        rotation = asyncio.create_task(rotate_logs(self.layout.logs, self.installation.user))
        running = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self.stop_requested.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
                await stopping
                report("stopping")
        finally:
            self.build.end()
            tasks = [running, rotation, stopping, *self.console_tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop()
        report("stopped")

    def _on_signal(self) -> None:
        if self.stop_requested.is_set():
            self.fast_stop_requested.set()
        self.stop_requested.set()

    def _report_child(self, line: str) -> None:
        if not self.stop_requested.is_set():
            report(line)

    async def _start(self) -> None:
        owner_url = await start_database(self.installation, self.supervisor)
        ensure_database_urls(self.layout, owner_url, Owners.all(self.installation.user))
        for service in SERVICES:
            _check_service_settings(service, service_environment(self.installation, service))
        # Render the configuration first, so that an error in it stops the run before the migration.
        registry, gateway = registry_program(self.installation), gateway_program(self.installation)
        write_targets(self.installation)
        self.console_tasks.append(asyncio.create_task(self._deliver_console()))
        await migrate(self.installation)
        for program in (
            registry,
            *(service_program(self.installation, name) for name in SERVICES),
            gateway,
        ):
            self.supervisor.start(program)
        await wait_until_ready(
            self.installation.settings,
            {service: self.installation.ports[service].number for service in SERVICES},
            token_service=self.installation.token_service,
            check_children=lambda: self.supervisor.check_starting(most_runs=MOST_SHORT_RUNS),
        )
        _, late = await asyncio.wait(self.console_tasks, timeout=_CONSOLE_SECONDS)
        if late:
            report("the console is still being built; its page appears when it is ready")
        report(f"ready {self.installation.settings.url}")
        file = self.layout.admin_password
        place = f"in {file.resolve()}" if file.exists() else "that of MOORAGE_ADMIN_PASSWORD"
        report(f"sign in as admin; the password is {place}")

    async def _deliver_console(self) -> None:
        problem = await self.build.deliver(self.layout, self.installation.user)
        if problem is not None:
            report(problem)

    async def _stop(self) -> None:
        """Stop all parts in order, or at once after a second signal."""
        orderly = asyncio.create_task(self._stop_in_order())
        hurry = asyncio.create_task(self.fast_stop_requested.wait())
        await asyncio.wait({orderly, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not orderly.done():
            self.supervisor.kill()
        hurry.cancel()
        await orderly

    async def _stop_in_order(self) -> None:
        # No request may run while the registry delivers its last events.
        await self.supervisor.stop("gateway")
        if {"registry", "events"} <= self.supervisor.children.keys():
            await drain(self.layout.owner_url.read_text())
        await self.supervisor.stop("registry")
        await self.supervisor.stop(*SERVICES)
        await self.supervisor.stop("postgres")


def _check_service_settings(service: str, environment: dict[str, str]) -> None:
    """Check the settings of a service with the service's own code.

    Raises:
        SettingError: A setting is missing or wrong.
    """
    module = importlib.import_module(f"services.{service}.settings")
    own = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        module.load_settings()
        if service == "catalog":
            check_name_reservation(environment)
    except SettingsError as error:
        name, _, problem = str(error).partition(": ")
        raise SettingError(name, problem) from None
    finally:
        os.environ.clear()
        os.environ.update(own)
