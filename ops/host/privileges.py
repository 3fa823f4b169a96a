"""The user that child processes run as, and their end when this process ends.

PostgreSQL refuses to run as root, and no other part needs root. If root starts `moorage`, every
child runs as the owner of the data, or as `nobody`. If another user starts it, every child runs as
that user.
"""

import os
import pwd
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.errors import OpsError

# Bit numbers of linux/capability.h.
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

DeathSignal = Literal["TERM", "INT", "KILL"]


@dataclass(frozen=True, slots=True)
class RunUser:
    """The user that owns the data folder and runs the children.

    If this user cannot read a required folder, such as a clone below /root, the children keep one
    `capability` to read it.
    """

    uid: int
    gid: int
    drops_root: bool = False
    capability: str | None = None

    def command(
        self,
        argv: Sequence[str],
        *,
        death_signal: DeathSignal = "TERM",
        may_bind_low_ports: bool = False,
    ) -> list[str]:
        """Return a command line that runs `argv` as this user.

        Args:
            argv: The command line of the child.
            death_signal: The signal that the child receives when its parent ends. The parent is
                the thread that starts it, so start children from the main thread.
            may_bind_low_ports: Whether the child can listen below port 1024 if root started
                `moorage`.

        Raises:
            OpsError: setpriv is missing.
        """
        wrapped = [_setpriv(), f"--pdeathsig={death_signal}"]
        if self.drops_root:
            wrapped += [
                f"--reuid={self.uid}",
                f"--regid={self.gid}",
                "--clear-groups",
                "--no-new-privs",
            ]
            kept = ",".join(
                ["-all"]
                + ([f"+{self.capability}"] if self.capability else [])
                + (["+net_bind_service"] if may_bind_low_ports else [])
            )
            wrapped += [f"--inh-caps={kept}", f"--ambient-caps={kept}"]
            if self.capability:
                # Otherwise access(2) ignores capabilities, and initdb does not find postgres.
                wrapped.append("--securebits=+no_setuid_fixup")
        return [*wrapped, "--", *argv]

    def own(self, path: Path) -> None:
        """Change the owner of `path` to this user, if root runs this process."""
        if not self.drops_root:
            return
        status = path.lstat()
        if (status.st_uid, status.st_gid) != (self.uid, self.gid):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def run_user(paths: Iterable[Path], *, data: Path | None = None) -> RunUser:
    """Return the user that the children run as.

    If root runs this process, that is the owner of `data`, so that data of an earlier run keeps
    its owner. If `data` belongs to root or does not exist, it is `nobody`.

    Args:
        paths: Files and folders that the user must be able to read, besides the code and Python.
        data: The data folder.

    Raises:
        OpsError: The user cannot read one of the paths, and root has no capability to pass on.
    """
    if os.geteuid() != 0:
        return RunUser(uid=os.geteuid(), gid=os.getegid())
    uid, gid = _owner(data) or _nobody()
    needed = [*paths, Path(sys.prefix), Path(sys.base_prefix), Path(os.__file__), Path(__file__)]
    closed = [path for path in needed if not readable_by(path, uid, gid)]
    capability = _reading_capability(closed[0]) if closed else None
    return RunUser(uid=uid, gid=gid, drops_root=True, capability=capability)


def _owner(data: Path | None) -> tuple[int, int] | None:
    if data is None or not data.exists() or data.stat().st_uid == 0:
        return None
    return data.stat().st_uid, data.stat().st_gid


def _nobody() -> tuple[int, int]:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise OpsError(
            "there is no user `nobody` to run PostgreSQL: start moorage as another user than root"
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def readable_by(path: Path, uid: int, gid: int) -> bool:
    """Return whether the mode bits let a user read `path`. A missing path counts as readable."""
    resolved = path.resolve()
    for step in (*reversed(resolved.parents), resolved):
        try:
            status = step.stat()
        except FileNotFoundError:
            return True
        wanted = 0o5 if step.is_dir() and step == resolved else 0o1 if step.is_dir() else 0o4
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if (status.st_mode >> shift) & wanted != wanted:
            return False
    return True


def _reading_capability(closed: Path) -> str:
    """Return the least capability that lets the user read `closed`, and that root can pass on."""
    permitted = next(
        int(line.split()[1], 16)
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("CapPrm:")
    )
    # Containers often keep dac_override and drop dac_read_search.
    for number, name in (
        (_CAP_DAC_READ_SEARCH, "dac_read_search"),
        (_CAP_DAC_OVERRIDE, "dac_override"),
    ):
        if permitted >> number & 1:
            return name
    raise OpsError(
        f"the user `nobody`, which runs PostgreSQL, cannot read {closed}:"
        " move it to a folder that everybody can read"
    )


def die_with_parent(argv: Sequence[str], *, death_signal: DeathSignal = "TERM") -> list[str]:
    """Return a command line that runs `argv` and sends it `death_signal` when this process ends.

    Raises:
        OpsError: setpriv is missing.
    """
    return [_setpriv(), f"--pdeathsig={death_signal}", "--", *argv]


def _setpriv() -> str:
    found = shutil.which("setpriv", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if found is None:
        raise OpsError("setpriv is missing: install the package util-linux")
    return found
