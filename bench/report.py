"""Prints the table of figures, and writes it to bench/results.md."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bench.load import wrk
from ops.db import postgres
from ops.install.debian import find_nginx, find_registry
from tests.kit.install import toolbox

KEPT = "## Optimizations"
"""The heading in results.md after which the text is written by hand."""
_LIBRARIES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "asyncpg",
    "sqlalchemy",
    "cryptography",
)


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table(
        "row", "what", "target", "figure", "reached", "detail", title="Speed, as ratios of one run"
    )
    for figure in figures:
        table.add_row(
            figure.row, figure.what, figure.target, figure.shown, _mark(figure), figure.detail
        )
    Console(width=None if os.isatty(1) else 200).print(table)


def write(figures: Sequence[Figure], path: Path, *, notes: Sequence[str]) -> None:
    """Write the table with machine, versions, and date, and keep the file from ``KEPT`` on."""
    before = path.read_text() if path.exists() else ""
    kept = before[before.index(KEPT) :] if KEPT in before else ""
    lines = [
        "# Speed",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        "",
        "Each ratio is the median of the ratios of measurements taken in turn within one run.",
        "",
        *(f"- {note}" for note in (*_machine(), *notes)),
        "",
        "| row | what | target | figure | reached | detail |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {f.row} | {f.what} | {f.target} | {f.shown} | {_mark(f)} | {f.detail} |"
            for f in figures
        ),
        "",
    ]
    path.write_text("\n".join(lines) + (f"\n{kept}" if kept else ""))


def _mark(figure: Figure) -> str:
    return "" if figure.reached is None else "yes" if figure.reached else "NO"


def _machine() -> list[str]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "?",
    )
    tools = toolbox().root
    server = subprocess.run(
        [str(postgres.binaries() / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    # The output begins with the program's path, which differs between machines.
    registry = find_registry(tools, None).output("--version").split(maxsplit=1)[1].strip()
    return [
        f"machine: {os.cpu_count()} × {model}, {_memory()} GiB,"
        f" {platform.system()} {platform.release()}; load average at the end {load}",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        f"{server}; docker-registry {registry};"
        f" {find_nginx(tools).output('-v').strip()};"
        f" {wrk().output('-v').splitlines()[0].partition(' Copyright')[0]}",
    ]


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
