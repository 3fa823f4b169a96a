"""What one step of an interleaving does."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.integration.catalog.gc.interleavings.gates import ModelGate
from tests.integration.catalog.gc.interleavings.scenarios import Actor, Scenario, Step
from tests.integration.catalog.gc.interleavings.universe import CONTENTS, REPOSITORIES, Style
from tests.integration.catalog.gc.interleavings.world import World
from tests.kit.interleaving.scheduler import Process, Stop


class Interleaving:
    """The actors of a scenario, which start at their first step."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self._world = world
        self._scenario = scenario
        self._processes: dict[Actor, Process] = {}

    async def execute(self) -> None:
        """Carry out all steps."""
        for step in self._scenario.steps:
            await self._execute(step)
        await finish(self._world, self._scenario.rotation)

    async def _execute(self, step: Step) -> None:
        """Carry out one step, as far as it is possible."""
        world, log = self._world, self._world.scheduler.log
        match step:
            case ("run", Actor() as actor, stop):
                await _run(world, self._find(actor), stop)
            case ("kill", Actor() as actor):
                world.scheduler.kill(self._find(actor))
                await world.scheduler.settle()
            case ("give up", Actor() as actor):
                for point in list(self._find(actor).points):
                    if point.is_optional:
                        log.append(f"{actor.value}: {point.label}")
                        point.future.set_result(None)
                await world.scheduler.settle()
            case ("time", int() as seconds):
                log.append(f"--- {seconds} s pass")
                await world.database.advance(seconds)
            case ("back up",):
                log.append("--- the database is backed up")
                await world.back_up()
            case ("restore",):
                await _restore(world)

    def _find(self, actor: Actor) -> Process:
        """Return the process of an actor. A process that has ended is started again."""
        process = self._processes.get(actor)
        if process is None or not process.is_running:
            detail, run = self._start(actor)
            self._world.scheduler.log.append(f"--- starts {actor.value}{detail}")
            process = self._processes[actor] = self._world.scheduler.start(actor.value, run)
        return process

    def _start(self, actor: Actor) -> tuple[str, Callable[[], Coroutine[Any, Any, None]]]:
        world, given = self._world, self._scenario
        if actor in (Actor.PUSHER, Actor.OTHER_PUSHER):
            push = given.push if actor is Actor.PUSHER else given.other_push
            content, repository = CONTENTS[push.content], REPOSITORIES[push.repository]
            return (
                f": {content.manifest.digest} to {repository}:{push.tag}, {push.style.value}",
                lambda: world.push(content, repository, push.tag, push.style),
            )
        if actor is Actor.DELETER:
            content, repository = CONTENTS[given.deleted], REPOSITORIES[0]
            return (
                f": {content.manifest.digest} in {repository}",
                lambda: world.delete(content, repository),
            )
        return "", {
            Actor.GARBAGE_COLLECTOR: lambda: (
                world.collect(given.per_second)
                if given.is_marked or not given.grace_minutes
                else world.collect_twice(given.per_second, given.seconds_between)
            ),
            Actor.OTHER_GARBAGE_COLLECTOR: lambda: world.collect(given.per_second),
            Actor.REPLICA: world.void,
            Actor.RESOLVER: world.resolve,
            Actor.LOADING_GATE: lambda: world.attempt(world.gates[0].load()),
            Actor.RENEWING_GATE: lambda: world.attempt(world.gates[0].renew()),
            Actor.FLUSHING_GATE: lambda: world.attempt(world.gates[0].flush()),
        }[actor]


async def _run(world: World, process: Process, stop: Stop | None) -> None:
    await world.scheduler.settle()  # A new process goes to its first point.
    await world.scheduler.run(process, stop)
    await world.check()


async def _restore(world: World) -> None:
    """Restore the database. Only processes that were stopped live on: here, collectors."""
    if not world.has_backup:
        return
    world.scheduler.log.append("--- the database is restored")
    connections = list(world.database.in_use)
    busy = {one.process for one in connections if one.is_busy}
    for process in world.scheduler.processes:
        if process.is_running and (process in busy or "collector" not in process.name):
            world.scheduler.kill(process)
        else:
            process.may_fail = True  # The database does not have its run any more.
    await world.scheduler.settle()
    for connection in connections:
        if connection in world.database.in_use and not connection.is_busy:
            await connection.lose()
    await _release_inside(world)
    await world.database.restore()
    world.scheduler.is_free = True  # Moorage ends unknown sweeps when it starts.
    process = world.scheduler.start("start", world.begin)
    assert process.task is not None
    await process.task
    world.scheduler.is_free = False
    world.gates = [ModelGate(world.stepped, world.database) for _ in world.gates]
    await world.scheduler.settle()


async def finish(world: World, rotation: int) -> None:
    """Let what has stopped go on, and end all. Without ``rotation``, check that pushes work."""
    for _ in range(2):  # What the first waits for, a later one may end.
        processes = [one for one in world.scheduler.processes if one.is_running]
        start = rotation % max(1, len(processes))
        for process in [*processes[start:], *processes[:start]]:
            await _run(world, process, None)
    await end_all(world)
    await world.check()
    if rotation:
        return
    await world.database.advance(3601)
    world.scheduler.is_free = True
    content, repository = CONTENTS[0], REPOSITORIES[0]
    for run in (
        world.void,
        world.resolve,
        lambda: world.push(content, repository, "end", Style.UPLOAD),
    ):
        process = world.scheduler.start("end", run)
        assert process.task is not None
        await process.task
    await world.check()
    assert (repository, content.manifest.digest) in world.served.required, "a push is refused"
    rows = await world.database.fetch(
        "SELECT digest FROM catalog.garbage_blobs WHERE state = 'deleting'"
    )
    assert not rows, "blobs of an ended sweep stay in the state deleting"


async def end_all(world: World) -> None:
    """Kill all processes, and wait until they are gone."""
    for process in list(world.scheduler.processes):
        if process.is_running:
            world.scheduler.kill(process)
    while any(one.is_running for one in world.scheduler.processes):
        await _release_inside(world)


async def _release_inside(world: World) -> None:
    """Let the statements of killed processes go on to their end."""
    while inside := [
        point for one in world.scheduler.processes for point in one.points if point.is_inside
    ]:
        await world.scheduler.release(inside)
    await world.scheduler.settle()
