"""The processes of one `moorage run`, found by its data folder."""

from __future__ import annotations

import os
from pathlib import Path

SERVICES = ("auth", "catalog", "events")


def parts(data: Path) -> dict[str, int]:
    """Return the process id of each program that uses the data folder, by the program's name."""
    found: dict[str, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_text().split("\0")
            environment = (entry / "environ").read_text(errors="replace").split("\0")
        except OSError:
            continue
        name = _name(command, environment, data)
        if name is not None:
            found[name] = int(entry.name)
    return found


def part(data: Path, name: str) -> int:
    """Return the process id of one program. Raises KeyError if the program does not run."""
    return parts(data)[name]


def workers(pid: int) -> set[int]:
    """Return the ids of the child processes of ``pid``."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(child) for child in children.read_text().split()}


def parent(pid: int) -> int:
    """Return the id of the parent process of ``pid``."""
    # proc(5): "pid (name) state ppid …". The name can contain spaces and parentheses.
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def open_for_writing(pid: int) -> list[str]:
    """Return the regular files that a process has open for writing."""
    files = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)  # noqa: PTH115 - the target may no longer exist
            flags = int(
                Path(f"/proc/{pid}/fdinfo/{descriptor.name}")
                .read_text()
                .split("flags:")[1]
                .split()[0],
                8,
            )
        except OSError:
            continue
        if target.startswith("/") and flags & (os.O_WRONLY | os.O_RDWR):
            files.append(target)
    return files


def _name(command: list[str], environment: list[str], data: Path) -> str | None:
    arguments = set(command)
    if {"-D", f"{data}/postgres"} <= arguments:
        return "postgres"
    if f"{data}/run/registry.yml" in arguments:
        return "registry"
    if any(
        argument.startswith("nginx: master") and f"{data}/run/nginx.conf" in argument
        for argument in command
    ):
        return "gateway"
    for service in SERVICES:
        if f"SECRETS_DIR={data}/secrets/{service}" in environment and "serve" in arguments:
            return service
    return None
