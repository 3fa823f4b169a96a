"""What one step of an interleaving does. Each is a tuple of small numbers, which shrink well."""

from hypothesis import strategies as st

from tests.integration.catalog.gc.interleavings.gates import ModelGate
from tests.integration.catalog.gc.interleavings.universe import CONTENTS, REPOSITORIES, TAGS
from tests.integration.catalog.gc.interleavings.world import World
from tests.kit.interleaving.scheduler import Point, Process

Step = tuple[str, int, int, int, int]
_STARTS = (*["push"] * 3, *["collect"] * 3, "void", "resolve", "delete", "load", "gate")
_STYLES = ("without blobs", "with uploads", "with mounts", "with checks at a gate")
_SECONDS = (1, 6, 16, 3601)
_BURSTS = (1, 2, 5, 40)
"""How many points one step passes, unless it goes on to one of ``_STOPS``."""
_STOPS = (
    ("mark then commits",),
    ("renames", "claim then commits", "void_lease then commits"),
    ("open_push", "sends PUT", "links the manifest", "record_push", "void_lease"),
    ("mark", "start_wait", "take_lease", "claim", "remove_deleted", "looks for its own blob"),
)
"""The points where the order counts. "A then B" is the point B after the point A."""
_MOST_POINTS = 80
_MOST_PROCESSES = 7

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["nothing"] + ["run"] * 12 + ["start"] * 5 + ["kill", "time", "time", "restore"]
        ),
        st.integers(0, 10),
        st.integers(0, 7),
        st.integers(0, 7),
        st.integers(0, 9),
    ),
    min_size=20,
    max_size=50,
)


async def execute(world: World, kind: str, a: int, b: int, c: int, d: int) -> None:
    """Carry out one step, as far as it is possible."""
    if kind == "run":
        running = [one for one in world.scheduler.processes if one.points]
        if running:
            process = running[a % len(running)]
            if c < len(_BURSTS):
                await _run(world, process, b, _BURSTS[c], d)
            else:
                await _run(world, process, b, _MOST_POINTS, d, _STOPS[c - len(_BURSTS)])
    elif kind == "start":
        if sum(one.is_running for one in world.scheduler.processes) < _MOST_PROCESSES:
            _start(world, _STARTS[a], b, c, d)
            await world.scheduler.settle()
    elif kind == "kill":
        running = [one for one in world.scheduler.processes if one.is_running]
        if running:
            world.scheduler.kill(running[a % len(running)])
            await world.scheduler.settle()
    elif kind == "time":
        seconds = _SECONDS[b % len(_SECONDS)]
        world.scheduler.log.append(f"--- {seconds} s pass")
        await world.database.advance(seconds)
    elif kind == "restore" and b % 2:
        world.scheduler.log.append("--- the database is backed up")
        await world.back_up()
    elif kind == "restore":
        await _restore(world)


async def _run(
    world: World, process: Process, place: int, burst: int, pause: int, stops: tuple[str, ...] = ()
) -> None:
    """Let a process go on for some points, or the request for whose answer it waits.

    It goes on to one of ``stops`` at most.
    """
    chosen = process.points[place % len(process.points)]
    if chosen.is_optional and place < 6 and process.waits_for is not None:
        chosen = _next(process) or chosen
    for number in range(burst):
        # One statement of a burst can stop inside of a function.
        inside = chosen.pauses and pause > 4 and number in (0, burst - 1)
        await world.scheduler.go_on(
            chosen, chosen.pauses[pause % len(chosen.pauses)] if inside else None
        )
        await world.check(with_marks=process.name.startswith(("collect", "void")))
        following = _next(process)
        if following is None:
            return
        if following.label.startswith(stops) or f"{chosen.label} then {following.label}" in stops:
            return
        chosen = following


def _next(process: Process) -> Point | None:
    """Return the point at which a process goes on by itself."""
    if process.waits_for is not None and process.waits_for.points:
        return _next(process.waits_for)
    points = [one for one in process.points if not one.is_optional and not one.is_inside]
    return next((one for one in points if not one.is_sleep), points[0] if points else None)


def _start(world: World, kind: str, b: int, c: int, d: int) -> None:
    content = CONTENTS[b % len(CONTENTS)]
    repository = REPOSITORIES[c % 2]
    tag = (*TAGS, None)[d % 3]
    gate = b % len(world.gates)
    name = f"{kind}-{len(world.scheduler.processes) + 1}"
    run = {
        "push": lambda: world.push(content, repository, tag, c // 2),
        "collect": lambda: world.collect((0, 0, 1, 2)[b % 4]),
        "void": world.void,
        "resolve": world.resolve,
        "delete": lambda: world.delete(content, repository),
        "load": lambda: world.gate_loads(gate),
        "gate": lambda: world.gate_renews(gate) if c % 2 else world.gate_flushes(gate),
    }[kind]
    detail = ""
    if kind in ("push", "delete"):
        detail = f" {content.manifest.digest} in {repository}"
    if kind == "push":
        detail += f" with the tag {tag}, {_STYLES[c // 2]}"
    world.scheduler.log.append(f"--- starts {name}{detail}")
    world.scheduler.start(name, run)


async def _restore(world: World) -> None:
    """Restore the database. Only processes that were stopped live on: here, collectors."""
    if not world.has_backup:
        return
    world.scheduler.log.append("--- the database is restored")
    connections = list(world.database.in_use)
    busy = {one.process for one in connections if one.is_busy}
    for process in world.scheduler.processes:
        if process.is_running and (process in busy or not process.name.startswith("collect")):
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
    """Let what has stopped go on, end all, and check that Moorage works again."""
    processes = world.scheduler.processes
    start = rotation % max(1, len(processes))
    for process in [*processes[start:], *processes[:start]]:
        if process.points:
            await _run(world, process, 0, _MOST_POINTS, 0)
    await end_all(world)
    await world.check()
    await world.database.advance(3601)
    world.scheduler.is_free = True
    content, repository = CONTENTS[rotation % len(CONTENTS)], REPOSITORIES[rotation % 2]
    for run in (
        world.void,
        world.resolve,
        lambda: world.push(content, repository, "end", 1),
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
