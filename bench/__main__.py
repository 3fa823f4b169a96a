"""`make bench`, `make bench ARGS="token lists"`."""

import argparse
import inspect
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from bench import bytes as image_bytes
from bench import (
    counting,
    garbage,
    installation,
    lists,
    manifests,
    memory,
    plans,
    pushes,
    registry_lists,
    report,
    seed,
    storm,
    token,
    token_ways,
    webhook,
)
from bench.figures import Figure

ROWS: dict[str, ModuleType] = {
    "token": token,
    "ways": token_ways,
    "lists": lists,
    "webhook": webhook,
    "counting": counting,
    "storm": storm,
    "bytes": image_bytes,
    "push": pushes,
    "manifest": manifests,
    "gc": garbage,
    "registry": registry_lists,
    "memory": memory,
}
_FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Start a stack, seed it, measure it, and print a table.

    Only a run of all rows writes results.md.
    """
    options = _options()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="moorage-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # programs of the stack can run as another user
        with installation.running(folder) as stack:
            sizes = seed.Sizes(
                options.repositories, options.tags, options.docker_users, options.grants
            )
            seconds = seed.run(stack.superuser_url, sizes, clock=time.monotonic)
            print(f"seeded by COPY in {seconds:.1f} s", flush=True)
            blobs = garbage.Sizes(options.blobs, options.rounds)
            figures = [
                figure for row in options.rows for figure in _measure(row, stack, folder, blobs)
            ]
            if "lists" in options.rows:
                plans.write(stack, _FOLDER / "output" / "plans.md")
        if "memory" in options.rows:
            figures += _print_each(iter([_second_start(folder)]))
    figures.insert(
        0,
        Figure(
            "seed",
            f"{sizes.repositories:,} repositories, {sizes.tags:,} tags by COPY",
            seconds,
            "s",
            ("≤", 120),
        ),
    )
    report.show(figures)
    if options.rows == list(ROWS):
        report.write(
            figures,
            _FOLDER / "results.md",
            notes=[f"duration of the run: {time.monotonic() - started:.0f} s"],
        )


def _second_start(folder: Path) -> Figure:
    """Measure a start with the data that all rows have left."""
    started = time.monotonic()
    with installation.running(folder):
        taken = time.monotonic() - started
    return Figure("start", "`moorage run` a second time, until ready", taken, "s")


def _measure(
    row: str, stack: installation.Installation, folder: Path, sizes: garbage.Sizes
) -> Iterator[Figure]:
    measure: Callable[..., Iterator[Figure]] = ROWS[row].measure
    given = {"installation": stack, "folder": folder, "sizes": sizes}
    arguments = {name: given[name] for name in inspect.signature(measure).parameters}
    yield from _print_each(measure(**arguments))


def _print_each(figures: Iterator[Figure]) -> Iterator[Figure]:
    for figure in figures:
        print(
            f"{figure.row}: {figure.what}: {figure.shown} (target {figure.target or '-'})",
            flush=True,
        )
        yield figure


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "rows", nargs="*", help=f"rows to measure, of {', '.join(ROWS)}; without one, all"
    )
    defaults = seed.Sizes()
    for name in ("repositories", "tags", "docker_users", "grants"):
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=getattr(defaults, name)
        )
    collections = garbage.Sizes()
    parser.add_argument("--blobs", type=int, default=collections.blobs, help="of the row gc")
    parser.add_argument(
        "--rounds", type=int, default=collections.rounds, help="collections of the row gc"
    )
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    options.rows = [row for row in ROWS if row in options.rows or not options.rows]
    return options


if __name__ == "__main__":
    main()
